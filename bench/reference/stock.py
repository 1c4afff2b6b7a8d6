"""Stock ASGI mounting: the settings say which site."""

from django.core.asgi import get_asgi_application

application = get_asgi_application()
