"""gunicorn with Django, as small as it gets: one view, no database, Django's default middleware."""
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="bench",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)


def item(request, id):
    return JsonResponse({"id": id, "name": f"Item {id}"})


urlpatterns = [path("items/<int:id>/", item)]
application = get_wsgi_application()
