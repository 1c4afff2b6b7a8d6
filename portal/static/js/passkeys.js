// Passkeys: asks the browser for a credential and sends it with the form that stands in the page.
const decode = (text) => {
  const padded = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0)).buffer;
};

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const withId = (credential) => ({ ...credential, id: decode(credential.id) });

function creationOptions(options, passwordless) {
  const selection = { ...options.authenticatorSelection };
  selection.residentKey = passwordless ? "required" : "discouraged";
  selection.requireResidentKey = passwordless;
  if (passwordless) selection.userVerification = "required";
  return {
    ...options,
    authenticatorSelection: selection,
    challenge: decode(options.challenge),
    user: withId(options.user),
    excludeCredentials: (options.excludeCredentials ?? []).map(withId),
  };
}

function requestOptions(options) {
  return {
    ...options,
    challenge: decode(options.challenge),
    allowCredentials: (options.allowCredentials ?? []).map(withId),
  };
}

function asJson(credential) {
  const answer = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) answer[name] = encode(credential.response[name]);
  }
  if (credential.response.getTransports) answer.transports = credential.response.getTransports();
  return JSON.stringify({
    type: credential.type,
    id: credential.id,
    rawId: encode(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment ?? null,
    response: answer,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

const inPage = () => JSON.parse(document.getElementById("passkey-options").textContent);

async function fetched(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`passkey options: ${answer.status}`);
  return answer.json();
}

const asks = {
  async add(form) {
    const passwordless = form.querySelector('[name="passwordless"]')?.checked ?? false;
    const { publicKey } = inPage().creation_options;
    return navigator.credentials.create({ publicKey: creationOptions(publicKey, passwordless) });
  },
  async confirm() {
    const { publicKey } = inPage().request_options;
    return navigator.credentials.get({ publicKey: requestOptions(publicKey) });
  },
  async enter(form) {
    const { publicKey } = (await fetched(form.action)).request_options;
    return navigator.credentials.get({ publicKey: requestOptions(publicKey) });
  },
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const apology = form.querySelector("[data-passkey-failed]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    apology.hidden = true;
    try {
      const credential = await asks[form.dataset.passkey](form);
      form.querySelector('[name="credential"]').value = asJson(credential);
      form.submit();
    } catch {
      apology.hidden = false;
      apology.focus();
    }
  });
}
