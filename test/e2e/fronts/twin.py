"""An application for any server of PEP 3333; twin.ts is the same here."""

NAMES = "CONTENT_LENGTH CONTENT_TYPE PATH_INFO QUERY_STRING REMOTE_ADDR REQUEST_METHOD SCRIPT_NAME SERVER_PROTOCOL"


def application(environ, start_response):
    names = NAMES.split() + sorted(name for name in environ if name.startswith("HTTP_"))
    told = "".join(f"{name}={environ.get(name, '')}\n" for name in names)
    body = told.encode("latin1") + environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
