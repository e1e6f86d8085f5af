/* What the panel does where scripts run: news without reloading, the focus for the reader, the end of a visit. All of it also works
   without (by reloading). Written for old browsers: no syntax newer than 2009. */
(function () {
  'use strict';

  var body = document.body;
  var newsAddress = body.getAttribute('data-news');
  var every = Number(body.getAttribute('data-every')) * 1000;
  var idle = Number(body.getAttribute('data-idle')) * 1000;
  var leave = body.getAttribute('data-leave');
  var touched = new Date().getTime();

  function on(what, listener) {
    if (document.addEventListener) { document.addEventListener(what, listener, true); }
  }

  function noteTouch() { touched = new Date().getTime(); }

  function wedge() { return document.getElementById('chip'); }

  function focusWedge() {
    var field = wedge();
    if (field && field.getAttribute('data-keep-focus') !== null) {
      try { field.focus({ preventScroll: true }); } catch (ignored) { field.focus(); }
    }
  }

  /* A reader types at any time: its first digit must find the field, wherever the focus was. */
  on('keydown', function (event) {
    noteTouch();
    var at = document.activeElement;
    var key = event.key || '';
    if (at && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName)) { return; }
    if (/^[0-9A-Za-z]$/.test(key) && !event.ctrlKey && !event.altKey && !event.metaKey) { focusWedge(); }
  });
  on('click', noteTouch);
  on('touchstart', noteTouch);
  on('scroll', noteTouch);

  function signature(element) {
    if (!element || !element.tagName) { return ''; }
    var job = element.form && element.form.job;
    return element.tagName + '|' + (element.textContent || '') + '|' + (element.name || '') + '|' +
      (job ? job.value : '') + '|' + (element.getAttribute('href') || '');
  }

  var doneBefore = document.querySelectorAll ? document.querySelectorAll('.job-done').length : 0;

  /* "Is on its way" is said until it has arrived: then the same place says so, or nothing. */
  function settleNotes(box) {
    var note = document.querySelector('.note-passing');
    if (!note || (box.querySelector('.job-here') && !box.querySelector('.job-here .note-error'))) { return; }
    var words = document.getElementById('printed-words');
    if (words && box.querySelectorAll('.job-done').length > doneBefore) { note.innerHTML = words.innerHTML; } else { note.parentNode.removeChild(note); }
  }

  function showNews(box, html) {
    var field = wedge();
    if (field && field.value) { return; }
    var at = document.activeElement;
    var inside = at && box.contains && box.contains(at);
    var wanted = inside ? signature(at) : '';
    var kept = {};
    var images = box.getElementsByTagName('img');
    var index;
    for (index = 0; index < images.length; index += 1) { kept[images[index].getAttribute('src')] = images[index]; }
    var fresh = document.createElement('div');
    fresh.innerHTML = html;
    var places = [];
    images = fresh.getElementsByTagName('img');
    for (index = 0; index < images.length; index += 1) { places.push(images[index]); }
    for (index = 0; index < places.length; index += 1) {
      var address = places[index].getAttribute('data-src');
      if (kept[address]) { places[index].parentNode.replaceChild(kept[address], places[index]); }
      else if (address) { places[index].setAttribute('src', address); }
    }
    box.innerHTML = '';
    while (fresh.firstChild) { box.appendChild(fresh.firstChild); }
    settleNotes(box);
    if (!inside) { return; }
    var all = box.querySelectorAll('button, a, input');
    for (index = 0; index < all.length; index += 1) {
      if (signature(all[index]) === wanted) { all[index].focus(); return; }
    }
    focusWedge();
  }

  var lastVersion = body.getAttribute('data-version');

  function askForNews() {
    var request = new XMLHttpRequest();
    request.open('GET', newsAddress, true);
    request.onreadystatechange = function () {
      if (request.readyState !== 4) { return; }
      if (request.status === 200) {
        if (request.getResponseHeader('Panel-Reload')) {
          var field = wedge();
          var form = document.getElementById('on-news');
          if (form) { form.submit(); return; }
          if (!(field && field.value)) { window.location.reload(); return; }
        } else {
          var version = request.getResponseHeader('Panel-Version');
          var box = document.getElementById('news');
          if (box && version !== lastVersion) {
            lastVersion = version;
            showNews(box, request.responseText);
          }
        }
      }
      window.setTimeout(askForNews, every);
    };
    request.send(null);
  }

  if (newsAddress && every && window.XMLHttpRequest) { window.setTimeout(askForNews, every); }

  if (idle && leave) {
    window.setInterval(function () {
      if (new Date().getTime() - touched >= idle) { window.location.href = leave; }
    }, 1000);
  }

  focusWedge();
}());
