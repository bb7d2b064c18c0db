// Shows the fields of a promotion that its discount, its kind and its products need. Without this script, all are shown,
// and the server ignores what does not fit.
const form = document.querySelector("#promotion_form");
const discount = form?.querySelector("select[name=discount]");

function isMet(condition) {
  if (condition === "!all_products") return !form.elements.all_products.checked;
  const [name, value] = condition.split("=");
  return form.elements[name].value === value;
}

function update() {
  for (const control of form.querySelectorAll("[data-shown-for], [data-shown-if]")) {
    const { shownFor, shownIf } = control.dataset;
    const isHidden = shownFor ? !shownFor.split(" ").includes(discount.value) : !isMet(shownIf);
    control.closest("td, .field-line").hidden = isHidden;
    const column = control.closest("td")?.cellIndex;
    if (column !== undefined) control.closest("table").tHead.rows[0].cells[column].hidden = isHidden;
  }
  for (const section of form.querySelectorAll("fieldset.module:has(.field-line)")) {
    section.hidden = !section.querySelector(".field-line:not([hidden])");
  }
}

if (discount) {
  form.addEventListener("change", update);
  update();
}
