"""What German, French, Spanish, Italian and Dutch files call the columns that most files have.

Only words that mean one thing in a list of products: `Menge` may be the content of a pack, `Prix HT` has no tax.
"""

TRANSLATIONS: dict[str, tuple[str, ...]] = {
    "sku": (
        *("artikelnummer", "artikelnr", "artnr", "artikelcode", "produktnummer"),
        *("référence", "référenceproduit", "codearticle", "codeproduit"),
        *("referencia", "códigodeproducto", "códigodeartículo", "codicearticolo", "codiceprodotto", "riferimento"),
    ),
    "name": (
        *("artikelname", "produktname", "bezeichnung", "artikelbezeichnung", "produktbezeichnung", "titel"),
        *("nom", "nomduproduit", "nomproduit", "désignation", "libellé", "titre"),
        *("nombre", "nombredelproducto", "título", "nome", "nomeprodotto", "nomedelprodotto", "titolo"),
        *("naam", "productnaam", "artikelnaam"),
    ),
    "description": (
        *("beschreibung", "artikelbeschreibung", "produktbeschreibung", "langbeschreibung", "kurzbeschreibung"),
        *("descripción", "descrizione", "omschrijving", "beschrijving", "productomschrijving", "productbeschrijving"),
    ),
    "price": (
        *("preis", "verkaufspreis", "einzelpreis", "stückpreis", "bruttopreis", "preisbrutto"),
        *("prix", "prixdevente", "prixttc", "prixunitaire", "precio", "preciodeventa", "pvp"),
        *("prezzo", "prezzodivendita", "prijs", "verkoopprijs"),
    ),
    "compare_at_price": (
        *("streichpreis", "alterpreis", "ursprungspreis", "prixbarré", "ancienprix", "precioanterior", "precioantiguo"),
        *("prezzobarrato", "prezzooriginale", "adviesprijs", "oudeprijs"),
    ),
    "currency": ("währung", "devise", "moneda", "divisa", "valuta"),
    "stock": (
        *("bestand", "lagerbestand", "quantité", "quantitéenstock", "stockdisponible"),
        *("existencias", "inventario", "cantidad", "giacenza", "quantità", "voorraad"),
    ),
    "weight": ("gewicht", "versandgewicht", "artikelgewicht", "bruttogewicht", "poids", "peso", "verzendgewicht"),
    "weight_unit": ("gewichtseinheit", "unitédepoids", "unidaddepeso", "unitàdipeso", "gewichtseenheid"),
    "category": ("kategorie", "warengruppe", "catégorie", "categoría", "categoria"),
    "categories": ("kategorien", "catégories", "categorías", "categorie", "categorieën"),
    "images": ("bild", "bilder", "bildurl", "imagen", "imágenes", "immagine", "immagini", "afbeelding", "afbeeldingen"),
}
