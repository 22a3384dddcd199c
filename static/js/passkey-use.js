// A form with data-passkey shows a passkey before it is sent: what is asked for stands in data-passkey-options, or is
// fetched from the address in data-passkey.
const problem = (form, words) => {
  const place = form.querySelector("[data-passkey-problem]");
  place.textContent = words;
  place.hidden = false;
};

const optionsOf = async (form) => {
  if (form.dataset.passkeyOptions) return JSON.parse(form.dataset.passkeyOptions);
  const answer = await fetch(form.dataset.passkey, { headers: { "X-Requested-With": "XMLHttpRequest" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return (await answer.json()).request_options;
};

document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target.closest("form[data-passkey]");
    if (!form || form.elements.credential.value) return;
    // Before the others hear of it: nothing is sent yet, so nothing is busy.
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
      problem(form, "This browser knows no passkeys here. They need HTTPS.");
      return;
    }
    try {
      const { publicKey } = await optionsOf(form);
      const found = await navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
      });
      form.elements.credential.value = JSON.stringify(found.toJSON());
      form.requestSubmit();
    } catch {
      problem(form, "No passkey was shown. Try again, or go the other way.");
    }
  },
  true,
);
