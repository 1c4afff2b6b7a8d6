// Every page: small manners, what is live, and leaving without traces on a shared device.
// One file, because every request of a phone counts.
import "../../portal/static/js/site.js";
import "../../portal/live/static/live/live.js";
import "../editor/sign_out.js";
