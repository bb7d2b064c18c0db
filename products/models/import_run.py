"""The tables of imports that staff start in the admin. See docs/decisions/0022-import-in-the-admin.md."""

from django.conf import settings
from django.db import models
from django.db.models import Case, When

from core.models import TimeStampedModel

MAX_MAPPING = 1000  # characters


class ImportRun(TimeStampedModel):
    """An uploaded file on its way into the catalog: it is checked, and imported after someone has confirmed the preview."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "waiting for the check"
        CHECKING = "checking", "being checked"
        CHECKED = "checked", "checked"
        CONFIRMED = "confirmed", "waiting for the import"
        RUNNING = "running", "being imported"
        DONE = "done", "imported"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    WAITING_STATES = (State.UPLOADED, State.CONFIRMED)
    ACTIVE_STATES = (State.CHECKING, State.RUNNING)
    CLOSED_STATES = (State.DONE, State.FAILED, State.CANCELLED)

    name = models.CharField(max_length=255, help_text="name of the uploaded file")
    size = models.PositiveIntegerField(help_text="bytes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    mapping = models.CharField(max_length=MAX_MAPPING, blank=True, help_text="such as Artikel=sku, Preis=price")
    market = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        help_text="market of prices without a currency; empty: the default market",
    )
    encoding = models.CharField(
        max_length=20, blank=True, default="", db_default="", help_text="of a text file; empty: it is detected"
    )
    allow_free = models.BooleanField(default=False, db_default=False, help_text="prices may become 0")
    deactivate_missing = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    message = models.TextField(blank=True, help_text="what went wrong")
    format = models.CharField(max_length=100, blank=True, help_text="what the file was recognized as")
    prices = models.TextField(blank=True, default="", db_default="", help_text="in which currencies prices are read")
    unread = models.JSONField(default=list, help_text="columns that the import does not use")
    # Of the check, and from the confirmation on of the import:
    total = models.PositiveIntegerField(null=True, help_text="rows in the file")
    position = models.PositiveIntegerField(default=0, help_text="rows of completed slices")
    progress = models.PositiveIntegerField(default=0, help_text="rows, including those of the slice that is running")
    created_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    failed_pictures_count = models.PositiveIntegerField(default=0)
    deactivated_count = models.PositiveIntegerField(default=0)
    preview = models.JSONField(default=list, help_text="what the first rows would change")
    checked_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "import"
        ordering = ["-id"]
        default_permissions = ()  # staff who may add and change products may import them
        constraints = [
            models.UniqueConstraint(Case(When(state__in=["checking", "running"], then=1)), name="import_run_one_at_a_time"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Return whether the file is still needed."""
        return self.state not in self.CLOSED_STATES

    @property
    def is_in_progress(self) -> bool:
        """Return whether a background job works on the run or is about to."""
        return self.state in self.WAITING_STATES or self.state in self.ACTIVE_STATES

    @property
    def has_been_confirmed(self) -> bool:
        """Return whether the counts and the report are those of the import, not of the check."""
        return self.confirmed_at is not None


class ImportChunk(models.Model):
    """A part of the file of an open import."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="chunks", db_index=False)
    position = models.PositiveSmallIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["position"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="import_chunk_once")]

    def __str__(self) -> str:
        return f"{self.run_id}, part {self.position}"


class ImportCheckpoint(models.Model):
    """What the next slice of an import must know about the rows before it."""

    run = models.OneToOneField(ImportRun, models.CASCADE, primary_key=True, related_name="checkpoint")
    content = models.JSONField(help_text="see `products.importing.slices.Checkpoint`")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.run_id)


class ImportReportLine(models.Model):
    """Something that the author of the file should know about one of its rows."""

    class Kind(models.TextChoices):
        PROBLEM = "problem", "not imported"
        PICTURE = "picture", "picture missing"
        NOTE = "note", "note"

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="report_lines", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    row = models.PositiveIntegerField(help_text="as a spreadsheet or a JSON list counts it; 0 is the whole file")
    sku = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200)
    text = models.TextField()

    class Meta:
        ordering = ["row", "id"]
        default_permissions = ()
        indexes = [models.Index(fields=["run", "row", "id"], name="report_line_of_import")]

    def __str__(self) -> str:
        return f"row {self.row}: {self.text}"
