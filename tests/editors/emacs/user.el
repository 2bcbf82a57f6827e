;;; A user of Emacs: what the visits beside this file have in common.  -*- lexical-binding: t -*-
;;; usage: SERVER='["escalation", "lsp"]' FILE=… REPORT=… TASK=… NOTE=… emacs --batch -l VISIT.el
;;; NOTE is a file that is there once the models were asked.
;;
;; Batch mode has no idle time and no menus: changes are flushed and Flymake is started by hand (so a few internal names
;; of eglot appear here), and prompts are answered by a function.
(package-initialize)
(require 'cl-lib)
(require 'eglot)
(require 'flymake)
(require 'json)
(require 'python)

(defvar report (list (cons 'version emacs-version)))

(defun note (key value) (push (cons key value) report))

(defun leave (status)
  (with-temp-file (getenv "REPORT") (insert (json-encode report)))
  (kill-emacs status))

(defun flush ()
  (when (eglot-current-server)
    (eglot--signal-textDocument/didChange)
    (flymake-start)))

(defmacro wait (what condition)
  "Wait until CONDITION holds; longer than anything takes on a machine that does much else."
  `(let ((end (+ (float-time) 180)))
     (while (not ,condition)
       (when (> (float-time) end)
         (princ (format "timed out waiting for: %s\n%S\n%S\n%s" ,what (seen) report
                        (with-current-buffer (messages-buffer) (buffer-string))))
         (leave 1))
       (accept-process-output nil 0.02)
       (flush))))

(defun seen ()
  (vconcat
   (mapcar (lambda (diagnostic)
             `((text . ,(flymake-diagnostic-text diagnostic))
               (under . ,(buffer-substring-no-properties (flymake-diagnostic-beg diagnostic)
                                                         (flymake-diagnostic-end diagnostic)))))
           (flymake-diagnostics))))

(defun seen-p (reason)
  (cl-some (lambda (diagnostic) (string-match-p reason (flymake-diagnostic-text diagnostic))) (flymake-diagnostics)))

(defun start ()
  (eglot-ensure)
  (run-hooks 'post-command-hook) ; eglot-ensure connects when the command that opened the file is over
  (wait "the server" (eglot-current-server))
  (flymake-mode 1))

(defun lenses ()
  "The titles of the code lenses, which eglot itself does not draw.
The server answers once it has judged, and it publishes before it answers."
  (flush)
  (vconcat (mapcar (lambda (lens) (plist-get (plist-get lens :command) :title))
                   (jsonrpc-request (eglot-current-server) :textDocument/codeLens
                                    (list :textDocument (eglot--TextDocumentIdentifier))))))

(defun choose (title)
  "Open the menu of code actions and choose TITLE; return what the menu offers.  Without TITLE it is only read."
  (let* (titles
         (last-nonmenu-event t) ; a list here would open a menu of the window system
         (completing-read-function
          (lambda (_prompt items &rest _)
            (setq titles (mapcar (lambda (item) (if (consp item) (car item) item)) items))
            (or (cl-find title titles :test #'equal) (keyboard-quit)))))
    (condition-case nil
        (call-interactively #'eglot-code-actions)
      (quit nil))
    (vconcat titles)))

(defun hover ()
  (let (text)
    (eglot-hover-eldoc-function (lambda (string &rest _) (setq text (or string ""))))
    (wait "the hover" text)
    (substring-no-properties text)))

(defun weaken (words)
  "Let a function that authenticates compare in a way that leaks time; WORDS say so beside it."
  (buffer-enable-undo)
  (undo-boundary)
  (goto-char (point-min))
  (search-forward "return hmac.compare_digest(given, expected)")
  (replace-match (concat "return given == expected" words) t t)
  (undo-boundary)
  (wait "the diagnostic" (seen-p "critical_security")))

(let ((server (append (json-parse-string (getenv "SERVER")) nil)))
  (setq eglot-server-programs `(((python-mode python-ts-mode) . ,server))
        eglot-sync-connect 120
        eglot-connect-timeout 120
        eglot-confirm-server-edits nil
        eglot-autoshutdown nil
        native-comp-jit-compilation nil
        make-backup-files nil
        create-lockfiles nil))
