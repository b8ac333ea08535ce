/*
 * Says so where the page itself cannot: a part of it is missing on the server, or the browser is too old for it. A plain
 * script in old words, so that it runs where nothing else does; it comes before the page's own.
 */
;(function () {
  'use strict'

  /** After this many milliseconds an empty page says that it is still on its way. */
  var SLOW = 15000

  var LOST =
    'A part of this page is missing: the page has been renewed meanwhile, or the connection failed. ' +
    'Reload it. Nothing is lost: the address holds the scene, and this browser what you made.'
  var FAILED =
    'Lyapunov Lab could not be started in this browser. Reload the page; if that does not help, a current ' +
    'Chrome, Edge, Firefox or Safari runs it. Nothing you made is lost.'
  var UNSTYLED =
    'The page looks unlike itself, as its style sheet is missing. Reload it; nothing is lost.'
  var WAITING = 'Lyapunov Lab is still being loaded. If this takes long, reload the page.'
  /** How browsers say that a module did not come. */
  var UNLOADED = /dynamically imported module|importing a module script failed|preload CSS/i

  var root = document.getElementById('root')
  var box = null

  function isUp() {
    return root !== null && root.firstChild !== null
  }

  function add(parent, name, text) {
    var element = document.createElement(name)
    if (text) element.textContent = text
    parent.appendChild(element)
    return element
  }

  function say(sentence, details) {
    if (box !== null) box.parentNode.removeChild(box)
    box = document.createElement('div')
    box.id = 'boot'
    box.setAttribute('role', 'alert')
    box.style.cssText = 'max-width: 36rem; margin: 12vh auto; padding: 1rem; font: 16px/1.5 sans-serif'
    add(box, 'p', sentence)
    if (details) {
      var fold = add(box, 'details')
      add(fold, 'summary', 'Details')
      add(fold, 'p', details).style.overflowWrap = 'anywhere'
    }
    var button = add(box, 'button', 'Reload')
    button.type = 'button'
    button.onclick = function () {
      window.location.reload()
    }
    document.body.insertBefore(box, document.body.firstChild)
  }

  /** What keeps the page from coming up; the first word stands. */
  var fault = null
  function report(sentence, details) {
    if (fault !== null || isUp()) return
    fault = sentence
    say(sentence, details)
  }

  function lacks() {
    if (!('noModule' in document.createElement('script'))) return 'modules'
    if (typeof Worker === 'undefined') return 'web workers'
    if (typeof Promise === 'undefined' || typeof fetch === 'undefined') return 'fetch'
    return null
  }

  function judge(reason) {
    var text = String(reason)
    report(UNLOADED.test(text) ? LOST : FAILED, text)
  }

  window.addEventListener(
    'error',
    function (event) {
      var from = event.target
      if (from && from.tagName === 'SCRIPT') report(LOST, from.src)
      else if (from && from.tagName === 'LINK' && from.rel === 'stylesheet') say(UNSTYLED, from.href)
      else if (event.message) judge(event.message)
    },
    true,
  )
  window.addEventListener('unhandledrejection', function (event) {
    judge(event.reason)
  })
  window.addEventListener('vite:preloadError', function (event) {
    judge(event.payload)
  })

  var missing = lacks()
  if (missing !== null)
    report(
      'Lyapunov Lab computes in your browser and needs ' +
        missing +
        ' for it, which this one does not have. A current Chrome, Edge, Firefox or Safari runs it.',
    )

  /** A style sheet that failed before this script ran told nobody; the one of the page sets this property. */
  function lookAtStyles() {
    var gap = getComputedStyle(document.documentElement).getPropertyValue('--gap')
    if (gap === '' && box === null) say(UNSTYLED)
  }
  window.addEventListener('load', lookAtStyles)

  setTimeout(function () {
    if (fault === null && box === null && !isUp()) say(WAITING)
  }, SLOW)
  // The page has come after all.
  if (typeof MutationObserver !== 'undefined' && root !== null)
    new MutationObserver(function () {
      if (box === null || !isUp()) return
      if (missing !== null || box.textContent.indexOf(UNSTYLED) === 0) return
      box.parentNode.removeChild(box)
      box = null
    }).observe(root, { childList: true })
})()
