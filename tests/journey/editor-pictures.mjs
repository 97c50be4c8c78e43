// The pictures of making a service: its route beside the page that residents will see, and a trial.
const tabs = { zh: ["谁来办", "试办"], en: ["Who does what", "Try it"] };

/** Takes them on a district's desk, and throws the draft away. */
export async function editorPictures(desk, lang, taken) {
  const base = new URL(desk.url()).origin;
  await desk.goto(`${base}/console/#/editor`);
  await desk.locator("#new-zh").fill("临时救助");
  await desk.locator("#new-en").fill("Temporary relief");
  await desk.locator("#new-name").fill("temporary-relief");
  await desk.locator('[data-do="begin"]').click();
  await desk.locator('[data-part="preview"] iframe').waitFor();
  await desk.getByRole("tab", { name: tabs[lang][0], exact: true }).click();
  await desk.waitForTimeout(800);
  await taken(desk, "editor");
  await desk.getByRole("tab", { name: tabs[lang][1], exact: true }).click();
  await desk.locator('[data-do="begin-trial"]').click();
  await desk.locator("#try-name").fill("柳二");
  await desk.locator("#try-mobile").fill("15400000001");
  await desk.locator("#try-detail").fill("房子漏雨");
  await desk.locator('[data-do="send"]').click();
  for (const step of ["check", "review", "decide"]) {
    await desk.locator(`[data-trial-step="${step}"]`).waitFor();
    if (step === "check") await desk.locator("#try-check-person").selectOption({ index: 0 });
    if (step === "decide") await desk.locator("#try-decide-amount").fill("1200.00");
    await desk.locator('[data-do="sign-trial"]').click();
  }
  await desk.locator('[data-trial="done"]').waitFor();
  await taken(desk, "editor-trial");
  await desk.locator('[data-do="end-trial"]').click();
  await desk.locator('[data-do="throw"]').click();
}
