-- What a user of Neovim does with the server; what is seen on the way goes into a report, which test_neovim.py judges.
-- usage: SERVER='["escalation", "lsp"]' FILE=… REPORT=… nvim --headless --clean -l neovim.lua
local server, file = vim.json.decode(os.getenv('SERVER')), os.getenv('FILE')
local report = { version = tostring(vim.version()) }

local function leave(status)
  vim.fn.writefile({ vim.json.encode(report) }, os.getenv('REPORT'))
  os.exit(status)
end

-- Longer than anything here takes; a user would have given up.
local function wait(what, condition)
  if not vim.wait(20000, condition, 10) then
    print('timed out waiting for: ' .. what)
    print(vim.inspect({ report = report, diagnostics = vim.diagnostic.get(0), messages = vim.fn.execute('messages') }))
    leave(1)
  end
end

local function type_keys(keys)
  vim.api.nvim_feedkeys(vim.keycode(keys), 'xt', false)
end

local function start()
  local config = { name = 'escalation', cmd = server, root_markers = { '.git' }, filetypes = { 'python' } }
  if vim.lsp.config then -- 0.11 and later
    vim.lsp.config('escalation', config)
    vim.lsp.enable('escalation')
  else
    config.root_dir = vim.fs.root(0, '.git')
    vim.lsp.start(config)
  end
  local client
  wait('the server', function()
    client = vim.lsp.get_clients({ bufnr = 0, name = 'escalation' })[1]
    return client and client.initialized
  end)
  return client
end

local function ask(client, method, params)
  params = params or { textDocument = vim.lsp.util.make_text_document_params(0) }
  if vim.fn.has('nvim-0.11') == 1 then
    return client:request_sync(method, params, 20000, 0)
  end
  return client.request_sync(method, params, 20000, 0)
end

-- The lenses of the text as it is now. The server answers once it has judged, and it publishes before it answers.
local function lenses(client)
  local titles = {}
  for _, lens in ipairs(ask(client, 'textDocument/codeLens').result or {}) do
    table.insert(titles, lens.command.title)
  end
  return titles
end

local function seen()
  local found = {}
  for _, d in ipairs(vim.diagnostic.get(0)) do
    local line = vim.api.nvim_buf_get_lines(0, d.lnum, d.lnum + 1, false)[1]
    table.insert(found, {
      reason = d.code,
      under = line:sub(d.col + 1, d.end_col),
    })
  end
  return found
end

local function has(reason)
  return function()
    return vim.iter(vim.diagnostic.get(0)):any(function(d) return d.code == reason end)
  end
end

local function none()
  return #vim.diagnostic.get(0) == 0
end

-- Opens the menu of code actions and chooses; without a title it is only read.
local function choose(title)
  local titles
  local select = vim.ui.select
  vim.ui.select = function(items, _, on_choice)
    titles = vim.iter(items):map(function(item) return item.action.title end):totable()
    on_choice(vim.iter(items):find(function(item) return item.action.title == title end))
  end
  vim.lsp.buf.code_action()
  wait('the menu of code actions', function() return titles end)
  vim.ui.select = select
  return titles
end

vim.cmd('filetype plugin indent on')
vim.cmd.edit(vim.fn.fnameescape(file))
local client = start()

report.lenses_at_rest = lenses(client)
report.at_rest = seen()

vim.fn.search('compare_digest')
type_keys('ccreturn given == expected<Esc>')
wait('the diagnostic', has('critical_security'))
report.edited = seen()
report.lenses = lenses(client)
if vim.fn.has('nvim-0.12') == 1 then
  vim.lsp.codelens.enable(true, { bufnr = 0 })
else
  vim.lsp.codelens.refresh({ bufnr = 0 })
end
wait('the code lens', function()
  local shown = vim.lsp.codelens.get(vim.fn.has('nvim-0.12') == 1 and { bufnr = 0 } or 0)
  return shown and #shown > 0
end)

vim.cmd('silent undo')
wait('no diagnostic after undo', none)
report.undone = seen()
vim.cmd('silent redo')
wait('the diagnostic after redo', has('critical_security'))

vim.fn.search('verify_password', 'b')
report.actions = choose(nil)

choose('Show the assessment')
wait('the assessment', function() return vim.api.nvim_buf_get_name(0):match('%.md$') end)
report.assessment = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
vim.cmd('buffer #')

vim.lsp.buf.hover()
local function float()
  return vim.iter(vim.api.nvim_list_wins()):find(function(w) return vim.api.nvim_win_get_config(w).relative ~= '' end)
end
wait('the hover', float)
report.hover = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(float()), 0, -1, false), '\n')
vim.api.nvim_win_close(float(), true)

choose('Not needed here: dismiss critical_security in this function')
wait('no diagnostic after the dismissal', function() return not has('critical_security')() end)
report.dismissed = seen()

-- A restart of the server: the team's file counts, not anything the server remembered.
if vim.lsp.enable then
  vim.lsp.enable('escalation', false)
end
if vim.fn.has('nvim-0.11') == 1 then client:stop() else client.stop() end
wait('the end of the server', function() return #vim.lsp.get_clients() == 0 end)
client = start()
report.lenses_restarted = lenses(client)
report.restarted = seen()

vim.cmd('silent undo')
wait('no lens after the last undo', function() return #lenses(client) == 0 end)
report.undone_again = seen()
leave(0)
