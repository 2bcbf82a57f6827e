;;; What a user of Emacs does with the server; what is seen on the way goes into a report, which test_emacs.py judges.
;;; usage: SERVER='["escalation", "lsp"]' FILE=… REPORT=… emacs --batch -l eglot.el  -*- lexical-binding: t -*-
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
  "Wait until CONDITION holds; the bound is longer than anything here takes."
  `(let ((end (+ (float-time) 20)))
     (while (not ,condition)
       (when (> (float-time) end)
         (princ (format "timed out waiting for: %s\n%S\n%s" ,what (seen)
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

(let ((server (append (json-parse-string (getenv "SERVER")) nil)))
  (setq eglot-server-programs `(((python-mode python-ts-mode) . ,server))
        eglot-sync-connect 20
        eglot-confirm-server-edits nil
        eglot-autoshutdown nil
        native-comp-jit-compilation nil
        make-backup-files nil
        create-lockfiles nil))

(find-file (getenv "FILE"))
(start)
(note 'lenses_at_rest (lenses))
(note 'at_rest (seen))

(buffer-enable-undo)
(undo-boundary)
(search-forward "return hmac.compare_digest(given, expected)")
(replace-match "return given == expected" t t)
(undo-boundary)
(wait "the diagnostic" (seen-p "critical_security"))
(note 'edited (seen))
(note 'lenses (lenses))

(goto-char (point-min))
(search-forward "def verify_pass")
(note 'actions (choose nil))
(note 'hover (hover))

(choose "Show the assessment")
(wait "the assessment" (cl-some (lambda (b) (string-suffix-p ".md" (or (buffer-file-name b) ""))) (buffer-list)))
(set-buffer (find-buffer-visiting (getenv "FILE")))
(choose "Not needed here: dismiss critical_security in this function")
(wait "no diagnostic after the dismissal" (not (seen-p "critical_security")))
(note 'dismissed (seen))

;; A restart of the server: the team's file counts, not anything the server remembered.
(eglot-shutdown (eglot-current-server) nil 20)
(start)
(note 'lenses_restarted (lenses))
(flush)
(note 'restarted (seen))

(let ((last-command nil)) (undo-only))
(wait "no lens after undo" (= 0 (length (lenses))))
(note 'undone (seen))
(leave 0)
