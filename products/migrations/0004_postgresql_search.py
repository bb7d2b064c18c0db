from django.db import migrations

# Weights: A for the name, B for the text. "simple" keeps every word as it is, in any language; "english" adds the stems,
# so that "lamps" finds a lamp. pg_trgm is a trusted extension: the owner of the database may create it.
TITLE, TEXT = (
    " || ".join(f"setweight(to_tsvector('{language}', {column}), '{weight}')" for language in ("simple", "english"))
    for column, weight in (("search_name", "A"), ("search_text", "B"))
)
FORWARDS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"ALTER TABLE products_product ADD COLUMN search_title tsvector GENERATED ALWAYS AS ({TITLE}) STORED,"
    f" ADD COLUMN search tsvector GENERATED ALWAYS AS ({TITLE} || {TEXT}) STORED",
    "CREATE INDEX product_search_title ON products_product USING gin (search_title)",
    "CREATE INDEX product_search ON products_product USING gin (search)",
    "CREATE INDEX search_word_near ON products_searchword USING gin (word gin_trgm_ops)",
    'ALTER TABLE products_listing ALTER COLUMN sort_name TYPE varchar(200) COLLATE "C"',
)
BACKWARDS = (
    'ALTER TABLE products_listing ALTER COLUMN sort_name TYPE varchar(200) COLLATE "default"',
    "DROP INDEX search_word_near",
    "ALTER TABLE products_product DROP COLUMN search, DROP COLUMN search_title",
)


def on_postgresql(statements):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("products", "0003_catalog_rows")]

    operations = [migrations.RunPython(on_postgresql(FORWARDS), on_postgresql(BACKWARDS))]
