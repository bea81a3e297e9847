"""What people type in about where to look."""

from datetime import timedelta

from django import forms
from django.core.validators import RegexValidator

from monitors import sources
from monitors.models import Source
from monitors.sources.base import Aim

AIMS = {
    Aim.PACKAGE: "versions of a package",
    Aim.SEARCH: "names and descriptions",
    Aim.REPOSITORY: "a repository",
    Aim.FORKS: "forks of a repository, and theirs",
    Aim.CODE: "files that hold a phrase",
    Aim.COMMITS: "commits that mention a phrase",
    Aim.GISTS: "public gists, as they appear",
    Aim.RELEASES: "archives attached to a repository’s releases",
    Aim.FEED: "everything new, by its name",
    Aim.ADDRESS: "one address: is it served, and what",
    Aim.CAPTURES: "captures of an address",
    Aim.IDS: "our files, by their ids",
    Aim.MENTIONS: "mentions",
}


class SourceForm(forms.ModelForm):
    kind = forms.ChoiceField(help_text="The dialect it speaks.")
    base_url = forms.URLField(
        label="Address",
        max_length=500,
        required=False,
        assume_scheme="https",
        help_text=Source._meta.get_field("base_url").help_text,
    )
    token_env = forms.CharField(
        label="Token variable",
        max_length=80,
        required=False,
        help_text=Source._meta.get_field("token_env").help_text,
        validators=[
            RegexValidator(r"^[A-Za-z_][A-Za-z0-9_]*$", "A variable's name has letters, digits and _ only.")
        ],
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off"}),
    )

    class Meta:
        model = Source
        fields = ["kind", "name", "base_url", "token_env", "allow_private"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["kind"].choices = [(kind, kind) for kind in sorted(sources.ADAPTERS)]


class WatchForm(forms.Form):
    """One standing question. Only pairs of a source and an aim that it can answer are offered."""

    ask = forms.ChoiceField(label="Where")
    query = forms.CharField(
        label="What for",
        max_length=500,
        help_text="What the aim takes: a name, words, a phrase, or an address.",
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocapitalize": "none"}),
    )
    minutes = forms.IntegerField(
        label="Every (minutes)",
        min_value=1,
        max_value=24 * 60,
        initial=5,
        help_text="The middle: up to five times as often while it finds much, a sixth while it does not.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.sources = {
            source.pk: source for source in Source.objects.all() if source.kind in sources.ADAPTERS
        }
        self.fields["ask"].choices = [
            (f"{source.pk}:{aim}", f"{source.name}: {AIMS.get(aim, aim)}")
            for source in self.sources.values()
            for aim in source.aims
        ]

    def asked(self) -> dict:
        """What polling.watch takes, once the form is valid."""
        pk, _, aim = self.cleaned_data["ask"].partition(":")
        return {
            "source": self.sources[int(pk)],
            "aim": aim,
            "query": self.cleaned_data["query"],
            "every": timedelta(minutes=self.cleaned_data["minutes"]),
        }
