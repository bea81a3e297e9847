from django.contrib.auth import login, views
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from incidents import people
from incidents.forms import SignInForm, WelcomeForm


class SignIn(views.LoginView):
    template_name = "sign_in/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(views.LogoutView):
    http_method_names = ["post", "options"]


@sensitive_post_parameters("password", "again")
@never_cache
@require_http_methods(["GET", "POST"])
def welcome(request, token):
    """The one-time link: choose a name and a password, and be in. Looking does not use it up."""
    link = people.find_link(token)
    if link is None:
        return render(request, "sign_in/spent.html", status=404)
    person = link.user
    known = {"full_name": person.get_full_name(), "email": person.email}
    known["username"] = "" if "@" in person.username else person.username
    form = WelcomeForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("username", "full_name", "email", "password")}
        try:
            user = people.use_link(token, **chosen)
        except people.NotReady as reason:
            form.add_error(None, str(reason))
        else:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect("incidents")
    return render(request, "sign_in/welcome.html", {"form": form, "link": link})
