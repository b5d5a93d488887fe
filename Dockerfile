# Targets: `production` (the application, the default), `nginx` (the front), `dev`,
# `prometheus` (what asks both of them for their metrics).

FROM node:26-trixie-slim AS base
WORKDIR /app

# Without install scripts: the `node` package would download a second Node.
FROM base AS deps
RUN --mount=type=bind,source=package.json,target=package.json \
    --mount=type=bind,source=package-lock.json,target=package-lock.json \
    --mount=type=bind,source=packages,target=packages,rw \
    --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts

FROM base AS production-deps
RUN --mount=type=bind,source=package.json,target=package.json \
    --mount=type=bind,source=package-lock.json,target=package-lock.json \
    --mount=type=bind,source=packages,target=packages,rw \
    --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts --omit=dev

FROM deps AS build
COPY package.json tsconfig.json ./
COPY packages packages
COPY src src
# Readable for everyone, also where the clone is not; what only the build needs stays behind.
RUN npm run build && chmod --recursive a+rX dist packages staticfiles && \
    rm -r packages/*/src packages/*/tsconfig.json

# Writable sources, so that `docker compose up --watch dev` can replace them.
FROM deps AS dev
COPY --chmod=644 package.json tsconfig.json ./
COPY --chmod=a+rX packages packages
COPY --chown=1000:1000 src src
# What the application makes beside its sources has a place, too.
RUN chown 1000:1000 /app
USER 1000:1000
EXPOSE 8000 9229
CMD ["node", "--conditions=source", "--import", "tsx", "src/manage.ts", "runserver", "0.0.0.0:8000"]

FROM nginx:1.30 AS nginx
# The configuration is rendered into /tmp: the only folder that is writable.
ENV NGINX_ENVSUBST_OUTPUT_DIR=/tmp \
    NGINX_ENVSUBST_FILTER=^NGINX_ \
    NGINX_ENTRYPOINT_LOCAL_RESOLVERS=1 \
    NGINX_ENTRYPOINT_QUIET_LOGS=1 \
    NGINX_METRICS_HOST=127.0.0.1
COPY nginx/*.template /etc/nginx/templates/
COPY nginx/unavailable.html /srv/errors/
RUN chmod --recursive a+rX /etc/nginx/templates /srv
USER 101:101
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["curl", "--fail", "--silent", "--show-error", "http://127.0.0.1:8081/healthz"]
# Where rendering failed, this file is missing and nginx does not start.
CMD ["nginx", "-c", "/tmp/nginx.conf"]

FROM prom/prometheus:v3 AS prometheus
COPY --chmod=644 deploy/prometheus.yml /etc/prometheus/prometheus.yml
USER 65534:65534
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["promtool", "check", "healthy"]

# Stacks name the lines of src/ by the source maps in dist/; the sources themselves stay outside.
# Platforms such as Cloud Run, Heroku, Fly and Render set PORT, and the gateway listens there.
FROM base AS production
ENV NODE_ENV=production \
    PORT=8000
COPY --from=production-deps /app/node_modules node_modules
COPY --from=build /app/staticfiles staticfiles
COPY --from=build /app/packages packages
COPY --from=build /app/dist dist
COPY --chmod=644 package.json ./
COPY --chmod=755 deploy/add-static /usr/local/bin/
# A volume takes its owner from the image that mounts it first.
RUN install -d -o 1000 -g 1000 /srv/store
USER 1000:1000
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1))"]
CMD ["node", "--enable-source-maps", "node_modules/.bin/gateway", "--metrics-bind", "0.0.0.0:8001", "myproject.wsgi"]
