"""What people type in. A time is UTC unless it names its zone; the labels say so."""

import re
from datetime import UTC, datetime

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm

from incidents import artifacts, people
from incidents.models import Decision, Fact, Incident, Membership, Notice, Statement
from monitors.models import Sighting

TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s*(Z|[+-]\d\d:\d\d)?", re.IGNORECASE
)


class UtcInput(forms.DateTimeInput):
    input_type = "datetime-local"
    supports_microseconds = False

    def __init__(self):
        super().__init__(format="%Y-%m-%dT%H:%M:%S", attrs={"step": 1, "class": "time"})


class UtcField(forms.DateTimeField):
    """A moment. Without a zone it is UTC, never the server's or the reader's own time."""

    widget = UtcInput
    default_error_messages = {
        "invalid": "Write the time as 2026-03-31T08:26 (UTC), or with its zone: 2026-03-31T10:26+02:00."
    }

    def to_python(self, value):
        if not value or isinstance(value, datetime):
            return super().to_python(value or None)
        found = TIME.fullmatch(value.strip())
        if not found:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        day, hour, zone = found.groups()
        try:
            return datetime.fromisoformat(f"{day}T{hour}{(zone or 'Z').upper()}").astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class AccessibleForm(forms.Form):
    """Marks what is wrong where it is wrong, for those who cannot see the colour."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "The user name or the password is wrong. Both mind capital letters.",
        "inactive": "This account is closed.",
        "wait": "Too many wrong passwords from here. Wait a quarter of an hour, or use a sign-in link.",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["username"].label = "User name"

    @property
    def _who(self) -> tuple[str, str]:
        """The name as typed, and the address it comes from, by the word of our own proxy if we have one."""
        forwarded = self.request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
        address = forwarded.rpartition(",")[2].strip() or self.request.META["REMOTE_ADDR"]
        return self.cleaned_data.get("username", "").replace("\0", ""), address[:64]

    def clean(self):
        if not people.may_sign_in(*self._who):
            raise forms.ValidationError(self.error_messages["wait"], code="wait")
        return super().clean()

    def get_invalid_login_error(self):
        people.failed_to_sign_in(*self._who)
        return super().get_invalid_login_error()


class WelcomeForm(AccessibleForm):
    username = forms.CharField(
        label="User name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    full_name = forms.CharField(
        label="Your name",
        max_length=150,
        help_text="As it stands on the record of what you do.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="E-mail", required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        max_length=200,
        strip=False,
        help_text="At least 12 characters. A sentence is easy to keep in mind.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": 12}),
    )
    again = forms.CharField(
        label="Password, once more",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", "The two passwords differ.")
        return cleaned


class ArtifactForm(AccessibleForm):
    """One thing that got out: a file, or where to fetch it."""

    upload = forms.FileField(
        label="File", required=False, help_text=".tgz, .tar.*, .zip, .whl, .map, or an archive of a directory"
    )
    locator = forms.CharField(
        label="Or where it is",
        required=False,
        max_length=2000,
        help_text="pkg:npm/%40acme/cli@1.4.2, pkg:pypi/name@1.0, an https address, or a git address (https://….git)",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none", "class": "mono"}),
    )

    def clean_upload(self):
        upload = self.cleaned_data["upload"]
        if upload and upload.size > settings.ARTIFACT_BYTES:
            raise forms.ValidationError(
                f"The file is over {settings.ARTIFACT_BYTES // 2**20} MiB. Raise ARTIFACT_MIB to take it."
            )
        return upload

    def clean_locator(self):
        locator = self.cleaned_data["locator"].strip()
        if locator:
            try:
                artifacts.recognise(locator)
            except artifacts.NotReady as reason:
                raise forms.ValidationError(str(reason)) from reason
        return locator

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("upload") and cleaned.get("locator"):
            self.add_error(
                "locator", "Give either a file or an address, not both. You can add the other one afterwards."
            )
        return cleaned

    @property
    def names_something(self) -> bool:
        return bool(self.cleaned_data.get("upload") or self.cleaned_data.get("locator"))


class ArtifactAddForm(ArtifactForm):
    def clean(self):
        cleaned = super().clean()
        if not self.errors and not self.names_something:
            self.add_error("upload", "Choose a file, or say where it is.")
        return cleaned


class IncidentForm(AccessibleForm):
    title = forms.CharField(
        max_length=200, help_text="One line: what became public, and how. People will read it out loud."
    )
    codename = forms.CharField(
        max_length=60, required=False, help_text="For talking about it where others listen."
    )
    organisation = forms.CharField(
        label="Owner of the material",
        max_length=200,
        required=False,
        help_text="The legal entity, as notices name it.",
    )
    severity = forms.TypedChoiceField(
        choices=Incident.Severity.choices, coerce=int, initial=Incident.Severity.SEV2
    )
    tlp = forms.ChoiceField(label="TLP", choices=Incident.Tlp.choices, initial=Incident.Tlp.AMBER)
    exposed_at = UtcField(
        label="Exposed at (UTC)", help_text="When it became public. The T+ clock starts here."
    )
    detected_at = UtcField(
        label="Detected at (UTC)",
        required=False,
        help_text="When somebody of ours first knew. Empty means now.",
    )


class DeclareForm(IncidentForm, ArtifactForm):
    field_order = [
        "upload",
        "locator",
        "title",
        "codename",
        "organisation",
        "exposed_at",
        "detected_at",
        "severity",
        "tlp",
    ]


class IncidentEditForm(IncidentForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["detected_at"].required = True
        self.fields["detected_at"].help_text = "When somebody of ours first knew."


class StatusForm(AccessibleForm):
    status = forms.ChoiceField(choices=Incident.Status.choices)


class NoteForm(AccessibleForm):
    text = forms.CharField(
        label="What happened",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It cannot be edited or removed afterwards.",
    )
    happened_at = UtcField(
        label="Happened at (UTC)",
        required=False,
        help_text="Empty means now. When it is recorded is noted separately.",
    )


class TriageForm(AccessibleForm):
    to = forms.ChoiceField(choices=Sighting.Triage.choices)
    why = forms.CharField(label="Reason", max_length=300, required=False)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("to") == Sighting.Triage.DISMISSED and not cleaned.get("why"):
            self.add_error("why", "Say why it is dismissed: it goes on the record.")
        return cleaned


class ManyForm(TriageForm):
    sighting = forms.TypedMultipleChoiceField(
        coerce=int, error_messages={"required": "Select at least one sighting."}
    )

    def __init__(self, *args, known, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sighting"].choices = [(pk, pk) for pk in known]
        self.fields["sighting"].error_messages["invalid_choice"] = (
            "A selected sighting is not part of this incident."
        )


class SendForm(AccessibleForm):
    """Phrases to be sent to others: of those `shown` the ticked ones, to the ticked places."""

    term = forms.TypedMultipleChoiceField(coerce=int, required=False)
    shown = forms.TypedMultipleChoiceField(coerce=int, required=False)
    source = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args, known, places, **kwargs):
        super().__init__(*args, **kwargs)
        self.places = places
        for name in ("term", "shown"):
            self.fields[name].choices = [(pk, pk) for pk in known]
            self.fields[name].error_messages["invalid_choice"] = "A phrase is not part of this incident."
        self.fields["source"].choices = [(place.source.pk, place.source.name) for place in places]

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned["term"] and not cleaned["shown"]:
            raise forms.ValidationError("Nothing was chosen.")
        if not self.errors and cleaned["term"] and self.places and not cleaned["source"]:
            raise forms.ValidationError("Tick where to search, or untick every phrase.")
        return cleaned

    @property
    def where(self) -> list:
        return [place for place in self.places if place.source.pk in self.cleaned_data["source"]]

    @property
    def left_out(self) -> set[int]:
        return set(self.cleaned_data["shown"]) - set(self.cleaned_data["term"])

    def ticks(self, name: str, pk: int, *, otherwise: bool) -> bool:
        """Whether a box stands ticked: as it was sent, or as it is at first."""
        return str(pk) in self.data.getlist(name) if self.is_bound else otherwise


class RefuseForm(AccessibleForm):
    term = forms.TypedMultipleChoiceField(coerce=int)

    def __init__(self, *args, known, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["term"].choices = [(pk, pk) for pk in known]


class PhraseForm(AccessibleForm):
    text = forms.CharField(
        label="A phrase of your own",
        max_length=200,
        help_text="As it stands in our files, 8 to 80 characters. The same rules hold for it.",
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocapitalize": "none"}),
    )


class FactForm(AccessibleForm):
    sentence = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One sentence that can stand in a statement.",
    )
    state = forms.ChoiceField(choices=Fact.State.choices)
    source = forms.CharField(
        max_length=300, required=False, help_text="Who or what says so. A verified fact needs one."
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("state") == Fact.State.VERIFIED and not cleaned.get("source"):
            self.add_error("source", "Say who or what verified it.")
        return cleaned


class DraftForm(AccessibleForm):
    audience = forms.ChoiceField(choices=Statement.Audience.choices)


class StatementForm(AccessibleForm):
    title = forms.CharField(max_length=200)
    audience = forms.ChoiceField(choices=Statement.Audience.choices)
    body = forms.CharField(
        label="Text",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text="{F1} says fact 1, {?F2} says that fact 2 is not yet known. The text follows the facts.",
    )


class NoticeForm(forms.ModelForm):
    """What only a person can say. The texts are written anew from it."""

    work_url = forms.URLField(
        label="Where the work is described or sold", required=False, max_length=500, assume_scheme="https"
    )

    class Meta:
        model = Notice
        fields = ["owner", "licence", "contact_name", "contact_email", "contact_address", "work_url"]

    leaves_gaps = True  # nothing is required for a draft, yet all of it for a notice

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)


class HostForm(AccessibleForm):
    host = forms.CharField(max_length=253)


class AskForm(AccessibleForm):
    question = forms.CharField(max_length=Decision._meta.get_field("question").max_length)
    background = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What you recommend, and what each answer costs.",
    )
    due_at = UtcField(label="Needed by (UTC)", required=False)


class DecideForm(AccessibleForm):
    answer = forms.CharField(max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class InviteForm(AccessibleForm):
    email = forms.EmailField(label="E-mail", max_length=150)
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.TRIAGE)
