// The picture of a figure in the making: its condition in rows, and what it comes to by area.

/** Takes it on a district's desk, and throws the draft away. */
export async function figurePictures(desk, lang, taken) {
  const base = new URL(desk.url()).origin;
  await desk.goto(`${base}/console/#/figures/new`);
  await desk.locator("#new-zh").fill("帮扶月报");
  await desk.locator("#new-en").fill("Help by month");
  await desk.locator("#new-name").fill("help-by-month");
  await desk.locator('[data-do="begin"]').click();
  await desk.locator("#f-title-zh").fill("在册老年人");
  await desk.locator("#f-title-en").fill("Old people on the register");
  await desk.locator("#f-kind").selectOption("person");
  await desk.locator("#f-where").fill("person.here && person.household.on_register && person.age >= 60");
  await desk.locator("#f-where").blur();
  await desk.locator('[data-part="trial"] .sum').waitFor();
  await desk.waitForTimeout(1500);
  await taken(desk, "figure-editor");
  await desk.locator('[data-do="throw"]').click();
}
