"""Views that do to a session what a site does: log in, fill it, show it, log out."""
from django.contrib.auth import get_user_model, login, logout
from django.http import JsonResponse
from django.urls import path


def shown(request):
    user = request.user
    return JsonResponse(
        {
            "user": user.get_username() if user.is_authenticated else None,
            "session": {name: value for name, value in request.session.items() if name[0] != "_"},
        }
    )


def enter(request, name):
    user = get_user_model().objects.get(username=name)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session["cart"] = {"items": [1, 2.5, "é\U0001f36a"], "total": 2**40}
    return shown(request)


def leave(request):
    logout(request)
    return shown(request)


urlpatterns = [
    path("enter/<str:name>", enter),
    path("show", shown),
    path("leave", leave),
]
