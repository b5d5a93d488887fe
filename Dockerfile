# Targets: `production` (the application, the default), `nginx` (the front), `dev`,
# `prometheus` (what asks both of them for their metrics).

FROM node:26-trixie-slim AS base
WORKDIR /app

# What is compiled is the same on every platform, and made on that of the machine that builds.
FROM --platform=$BUILDPLATFORM node:26-trixie-slim AS deps
WORKDIR /app
# Without install scripts: the `node` package would download a second Node.
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
    npm ci --ignore-scripts --omit=dev && \
    for name in test tests benchmarks docs example examples .github; do \
        rm -rf node_modules/[!@]*/$name node_modules/@*/*/$name; \
    done

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
    NGINX_METRICS_HOST=127.0.0.1 \
    NGINX_APPLICATION=app:8000 \
    NGINX_STATIC_FROM=
# Volumes take their owner from the image that mounts them first.
RUN mkdir -p /srv/tls /srv/acme && chown 101:101 /srv/tls /srv/acme
COPY --chmod=755 nginx/settings.envsh /docker-entrypoint.d/16-settings.envsh
COPY nginx/templates /etc/nginx/templates
COPY nginx/error.html /srv/errors/
RUN chmod --recursive a+rX /etc/nginx/templates /srv/errors
USER 101:101
EXPOSE 8080 8443 8443/udp
# Probes know no proxy, whatever Docker's client gives to containers.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["curl", "--noproxy", "*", "--fail", "--silent", "--show-error", "http://127.0.0.1:8081/healthz"]
# Where rendering failed, this file is missing and nginx does not start.
CMD ["nginx", "-c", "/tmp/nginx.conf"]

FROM prom/prometheus:v3 AS prometheus
COPY --chmod=644 deploy/prometheus.yml /etc/prometheus/prometheus.yml
USER 65534:65534
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["promtool", "check", "healthy"]

# Asks for certificates and renews them, beside nginx: TLS=acme.
FROM certbot/certbot:v5.5.0 AS certbot
RUN mkdir -p /srv/tls /srv/acme && chown 101:101 /srv/tls /srv/acme
COPY --chmod=755 nginx/certbot /srv/
USER 101:101
# A first certificate is there within a minute, or the log says why not.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --start-interval=1s \
    CMD ["test", "-s", "/srv/tls/live/site/fullchain.pem"]
ENTRYPOINT ["/srv/certbot"]

# Node without npm: what serves installs nothing. As one layer, so that what is taken away is not below it.
FROM base AS without-npm
RUN rm -rf /usr/local/lib/node_modules /usr/local/include /opt/yarn* && \
    cd /usr/local/bin && rm -f npm npx corepack yarn yarnpkg

FROM scratch AS runtime
COPY --from=without-npm / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /app
ENTRYPOINT ["docker-entrypoint.sh"]

# Stacks name the lines of src/ by the source maps in dist/; the sources themselves stay outside.
# Platforms such as Cloud Run, Heroku, Fly and Render set PORT, and the gateway listens there.
FROM runtime AS production
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
# With an agent of its own: the global one may be told to use a proxy.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["node", "-e", "const http = require('node:http'); http.get('http://127.0.0.1:' + process.env.PORT + (process.env.HEALTH_PATH || '/healthz'), { agent: new http.Agent() }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))"]
CMD ["node", "--enable-source-maps", "node_modules/.bin/gateway", "--metrics-bind", "0.0.0.0:8001", "myproject.wsgi"]
