/* The progress of an upload. Without it the browser sends the form by itself. */
(function () {
  'use strict';
  var form = document.querySelector('form[data-upload]');
  if (!form || !window.FormData) { return; }
  form.addEventListener('submit', function (event) {
    var box = form.querySelector('.upload-progress');
    var bar = box.querySelector('progress');
    var button = form.querySelector('button[type="submit"]');
    var request = new XMLHttpRequest();
    var stalls = box.querySelector('[data-stalls]');
    var timer = null;
    function hear() {
      window.clearTimeout(timer);
      stalls.hidden = true;
      timer = window.setTimeout(function () { stalls.hidden = false; }, 8000);
    }
    event.preventDefault();
    box.hidden = false;
    button.disabled = true;
    hear();
    request.upload.onprogress = function (progress) {
      hear();
      if (progress.lengthComputable) { bar.value = 100 * progress.loaded / progress.total; }
    };
    request.onload = function () {
      window.clearTimeout(timer);
      if (request.responseURL && request.responseURL !== window.location.href) {
        window.history.pushState(null, '', request.responseURL);
      }
      var fresh = new DOMParser().parseFromString(request.responseText, 'text/html');
      document.body.replaceWith(fresh.body);
      document.title = fresh.title;
      var summary = document.querySelector('.error-summary');
      if (summary) { summary.focus(); }
    };
    request.onerror = function () { window.clearTimeout(timer); box.hidden = true; button.disabled = false; form.submit(); };
    request.open('POST', window.location.href);
    request.send(new FormData(form));
  });
}());
