// Which page stands at which address. Pages that not everybody opens are loaded when they are.
import { createRouter, createWebHashHistory } from "vue-router";
import CasePage from "./pages/CasePage.vue";
import Worklist from "./pages/Worklist.vue";

export const router = createRouter({
  history: createWebHashHistory(),
  // Another page begins at its top; whoever goes back is where they were.
  scrollBehavior: (to, from, before) => (to.path === from.path ? false : (before ?? { top: 0 })),
  routes: [
    { path: "/", component: Worklist, name: "worklist" },
    { path: "/cases", component: () => import("./pages/Cases.vue"), name: "cases" },
    { path: "/new", component: () => import("./pages/NewCase.vue"), name: "new" },
    { path: "/overview", component: () => import("./pages/Overview.vue"), name: "overview" },
    { path: "/plans", component: () => import("./pages/Plans.vue"), name: "plans" },
    { path: "/posters", component: () => import("./pages/Posters.vue"), name: "posters" },
    { path: "/reports", component: () => import("./pages/Reports.vue"), name: "reports" },
    { path: "/board", component: () => import("./pages/Board.vue"), name: "board" },
    { path: "/gaps", component: () => import("./pages/Gaps.vue"), name: "gaps" },
    { path: "/household/:subject(\\d+)", component: () => import("./pages/Household.vue"), name: "household", props: true },
    { path: "/rules", component: () => import("./pages/Rules.vue"), name: "rules" },
    { path: "/rules/:name", component: () => import("./pages/Rule.vue"), name: "rule", props: true },
    { path: "/slider", component: () => import("./pages/Slider.vue"), name: "slider" },
    { path: "/quality", component: () => import("./pages/Quality.vue"), name: "quality" },
    { path: "/import", component: () => import("./pages/Import.vue"), name: "import" },
    { path: "/money", component: () => import("./pages/Money.vue"), name: "money" },
    { path: "/money/:subject(\\d+)/:fund", component: () => import("./pages/Statement.vue"), name: "statement", props: true },
    { path: "/devices", component: () => import("./pages/Devices.vue"), name: "devices" },
    { path: "/behaviour", component: () => import("./pages/Behaviour.vue"), name: "behaviour" },
    { path: "/lists", component: () => import("./pages/Lists.vue"), name: "lists" },
    { path: "/found", component: () => import("./pages/Found.vue"), name: "found" },
    { path: "/catalog", component: () => import("./pages/Catalog.vue"), name: "catalog" },
    { path: "/catalog/:service", component: () => import("./pages/CatalogService.vue"), name: "service", props: true },
    { path: "/account", component: () => import("./pages/Account.vue"), name: "account" },
    { path: "/journal", component: () => import("./pages/Journal.vue"), name: "journal" },
    { path: "/:number([A-Z]+-\\d{8}-\\d+)", component: CasePage, name: "case", props: true },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
});
