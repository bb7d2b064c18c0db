import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from products.migrations._0009_search_terms import build_terms, fold

BATCH = 2000  # products
# The columns are generated, so that they cannot differ from the terms. Lexemes are the terms as they are: no configuration
# of PostgreSQL parses or stems them.
VECTORS = (
    "ALTER TABLE products_searchdocument"
    " ADD COLUMN key_vector tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(key_terms, ' '))) STORED,"
    " ADD COLUMN all_terms tsvector"
    " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(btrim(key_terms || ' ' || text_terms), ' '))) STORED"
)
INDEXES = (
    # A document has some fifty terms. With the default of 100, a term that no product has would count as 1,000 of a million.
    "ALTER TABLE products_searchdocument ALTER COLUMN all_terms SET STATISTICS 1000",
    "CREATE INDEX search_document_terms ON products_searchdocument USING gin (all_terms)",
    "DROP INDEX search_word_near",  # spelling is corrected without trigrams
    "ANALYZE products_searchdocument",
)


def create_vectors(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(VECTORS)


def create_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in INDEXES:
            schema_editor.execute(statement)


def restore_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE INDEX search_word_near ON products_searchword USING gin (word gin_trgm_ops)")


def get_category_paths(categories):
    paths = {}
    for pk in categories:
        names, parent = [], pk
        while parent in categories:
            name, parent = categories[parent]
            names.append(name)
        paths[pk] = names
    return paths


def fill(apps, schema_editor):
    """Index the products, and fold their names again; folding changed for letters such as ł and for some punctuation."""
    product, document, word = (apps.get_model("products", name) for name in ("Product", "SearchDocument", "SearchWord"))
    category, variant = apps.get_model("products", "Category"), apps.get_model("products", "Variant")
    paths = get_category_paths({pk: (name, parent) for pk, name, parent in category.objects.values_list("pk", "name", "parent")})
    last_id = 0
    while products := list(product.objects.filter(pk__gt=last_id).order_by("pk").only(*COLUMNS)[:BATCH]):
        first_id, last_id = products[0].pk, products[-1].pk
        skus = {}
        for_sale = variant.objects.filter(product__gte=first_id, product__lte=last_id, is_active=True, deleted_at=None)
        for product_id, sku in for_sale.order_by("position", "pk").values_list("product", "sku"):
            skus.setdefault(product_id, []).append(sku)
        documents, vocabulary = [], set()
        for row in products:
            terms = build_terms(
                row.name,
                skus=skus.get(row.pk, ()),
                categories=paths.get(row.category_id, ()),
                description=row.description,
            )
            documents.append(document(product=row, key_terms=terms.key, text_terms=terms.text, digest=terms.digest))
            vocabulary |= terms.vocabulary
        document.objects.bulk_create(documents)
        word.objects.bulk_create([word(word=text) for text in sorted(vocabulary)], ignore_conflicts=True)
        refold(apps, [row for row in products if row.search_name != fold(row.name)])


COLUMNS = ("name", "description", "category_id", "search_name")


def refold(apps, products):
    for row in products:
        row.search_name = fold(row.name)
        apps.get_model("products", "Listing").objects.filter(product=row).update(sort_name=row.search_name[:200])
    apps.get_model("products", "Product").objects.bulk_update(products, ["search_name"])


class Migration(migrations.Migration):
    dependencies = [("products", "0008_variant_image")]

    operations = [
        migrations.DeleteModel("SearchDocument"),  # was a view of the product table; nothing is dropped
        migrations.CreateModel(
            name="SearchDocument",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_document",
                        serialize=False,
                        to="products.product",
                    ),
                ),
                ("key_terms", models.TextField(help_text="of SKUs, name and categories")),
                ("text_terms", models.TextField(help_text="of the description")),
                ("digest", models.CharField(help_text="of the terms; tells whether they have changed", max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="SearchVectors",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="products.product",
                    ),
                ),
                ("all_terms", django.contrib.postgres.search.SearchVectorField()),
                ("key_terms", django.contrib.postgres.search.SearchVectorField(db_column="key_vector")),
            ],
            options={"db_table": "products_searchdocument", "managed": False},
        ),
        migrations.RunPython(create_vectors, migrations.RunPython.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(create_indexes, restore_index),
        migrations.AddIndex(
            "searchword", models.Index(models.functions.Substr("word", 2, 2), name="search_word_second_letters")
        ),
        # The column stays, with a default, while the previous version may still be running: it writes and reads it, and
        # PostgreSQL generates that version's search columns from it. These operations lock the table, so they come last.
        migrations.AlterField("product", "search_text", models.TextField(db_default="", default="", editable=False)),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("product", "search_text")]),
        migrations.AlterField(
            "product",
            "search_name",
            models.TextField(default="", editable=False, help_text="the folded name, maintained by the services"),
        ),
    ]
