// The pictures of the remote desk's help page: a desk with a call, and the form before both.
/** Takes them in a language; `picture` keeps one by name. The stage's browser has cameras that are not there. */
export async function callPictures(stage, lang, picture) {
  const locale = lang === "zh" ? "zh-CN" : "en";
  const shown = async (page) => {
    await page.context().addCookies([{ name: "lang", value: lang, url: stage.base }]);
    return page;
  };
  const context = await stage.browser.newContext({ locale, viewport: { width: 1200, height: 900 } });
  const agent = await shown(await context.newPage());
  await agent.request.post(`${stage.base}/api/demo/sign-in`, { data: { login: lang === "zh" ? "desk" : "desk-c" } });
  await agent.goto(`${stage.base}/console/#/calls`);
  await agent.locator('[data-do="free"]').click();
  const phones = await stage.browser.newContext({ locale, viewport: { width: 390, height: 760 } });
  const phone = await shown(await phones.newPage());
  await phone.goto(`${stage.base}/call?for=travel-declaration&lang=${lang}`);
  await phone.locator('[data-do="call"]').click();
  await agent.locator('[data-part="rings"]').waitFor();
  await picture(agent, lang, "calls");
  await agent.locator('[data-do="answer"]').click();
  await phone.locator('[data-do="form"]').click();
  await phone.locator('[name="/name"]').fill("柳二");
  await phone.locator('[name="/citizen_number"]').fill("37150219540307001X");
  await agent.locator('[data-field="/name"]', { hasText: "柳二" }).waitFor();
  await agent.locator('[data-field="/destination/detail"] button').first().click();
  await agent.waitForTimeout(1500);
  await picture(agent, lang, "call");
  await phone.locator('[data-do="hang-up"]').click();
  await agent.locator('[data-part="file"] [data-do="file"]').click();
  await agent.waitForTimeout(500);
  await context.close();
  await phones.close();
}
