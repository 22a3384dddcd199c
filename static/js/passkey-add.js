// A form with data-passkey-add makes a passkey before it is sent, as data-passkey-options asks.
document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target.closest("form[data-passkey-add]");
    if (!form || form.elements.credential.value) return;
    // Before the others hear of it: nothing is sent yet, so nothing is busy.
    event.preventDefault();
    event.stopImmediatePropagation();
    const place = form.querySelector("[data-passkey-problem]");
    place.hidden = true;
    try {
      const { publicKey } = JSON.parse(form.dataset.passkeyOptions);
      const made = await navigator.credentials.create({
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
      });
      form.elements.credential.value = JSON.stringify(made.toJSON());
      form.requestSubmit();
    } catch {
      place.textContent = "No passkey was made. Try again; passkeys need HTTPS and a device that keeps them.";
      place.hidden = false;
    }
  },
  true,
);
