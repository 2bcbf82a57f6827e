-- A user of Neovim: what the scenes beside this file have in common.
-- usage: SERVER='["escalation", "lsp"]' FILE=… REPORT=… TASK=… NOTE=… nvim --headless --clean -l SCENE.lua
-- NOTE is a file that is there once the models were asked.
local M = { report = { version = tostring(vim.version()) }, said = {}, progress = {}, answers = {} }

local ELEVEN = vim.fn.has('nvim-0.11') == 1
M.server, M.file, M.task, M.note = vim.json.decode(os.getenv('SERVER')), os.getenv('FILE'), os.getenv('TASK'), os.getenv('NOTE')

function M.leave(status)
  vim.fn.writefile({ vim.json.encode(M.report) }, os.getenv('REPORT'))
  vim.cmd(status == 0 and 'qall!' or 'cquit!')
end

-- Longer than anything takes on a machine that does much else; a user would have given up.
function M.wait(what, condition)
  if not vim.wait(180000, condition, 20) then
    print('timed out waiting for: ' .. what)
    print(vim.inspect({ report = M.report, said = M.said, progress = M.progress, messages = vim.fn.execute('messages') }))
    M.leave(1)
  end
end

function M.keys(keys)
  vim.api.nvim_feedkeys(vim.keycode(keys), 'xt', false)
end

-- What the user is told, asked and shown is kept; `M.answers` answers what is asked, by the beginning of the question.
vim.notify = function(message) table.insert(M.said, message) end

local function answer_to(prompt)
  for beginning, answer in pairs(M.answers) do
    if vim.startswith(prompt, beginning) then
      return type(answer) == 'table' and table.remove(answer, 1) or answer
    end
  end
  error('nobody answers: ' .. prompt)
end

vim.ui.input = function(options, confirmed)
  M.prefilled = options.default
  confirmed(answer_to(options.prompt))
end

vim.ui.select = function(items, options, chosen)
  local titles = vim.tbl_map(options.format_item or tostring, items)
  M.prompt, M.offered = options.prompt, titles
  local wanted = answer_to(options.prompt)
  for index, title in ipairs(titles) do
    if vim.startswith(title, wanted) then return chosen(items[index], index) end
  end
  error(('%s is not offered: %s'):format(wanted, vim.inspect(titles)))
end

function M.has_said(words)
  return vim.iter(M.said):any(function(message) return message:find(words, 1, true) end)
end

vim.api.nvim_create_autocmd('LspProgress', {
  callback = function(event)
    table.insert(M.progress, vim.lsp.status())
    M.progress_kind = event.data.params.value.kind
  end,
})

function M.client()
  return vim.lsp.get_clients({ name = 'escalation' })[1]
end

function M.open()
  vim.cmd('filetype plugin indent on')
  vim.cmd.edit(vim.fn.fnameescape(M.file))
  M.wait('the server', function() return M.client() and M.client().initialized end)
end

-- Effect: Neovim with the plugin and one file open.
function M.with_plugin(options)
  vim.opt.runtimepath:prepend(os.getenv('PLUGIN'))
  vim.cmd.runtime('plugin/escalation.lua')
  require('escalation').setup(vim.tbl_extend('force', { cmd = M.server }, options or {}))
  M.open()
end

-- Effect: Neovim as docs/editors.md sets it up without the plugin (SETUP is what it says), and one file open.
function M.without_plugin()
  local setup = table.concat(vim.fn.readfile(os.getenv(ELEVEN and 'SETUP_11' or 'SETUP_10')), '\n')
  assert(loadstring(ELEVEN and setup or setup:gsub('client:notify', 'client.notify')))()
  M.open()
end

function M.has_diagnostic(reason)
  return vim.iter(vim.diagnostic.get(0)):any(function(d) return d.code == reason end)
end

-- Effect: a function that authenticates compares in a way that leaks time, and the diagnostic is there.
function M.weaken()
  vim.fn.search('compare_digest')
  M.keys(('ccreturn given == expected  # TODO: %s<Esc>'):format(M.task))
  M.wait('the diagnostic', function() return M.has_diagnostic('critical_security') end)
end

function M.act(title)
  M.offered = nil
  local select = vim.ui.select
  vim.ui.select = function(items, options, chosen) -- their titles carry the server's name from 0.11 on
    M.offered = vim.tbl_map(function(item) return item.action.title end, items)
    vim.ui.select = select
    chosen(vim.iter(items):find(function(item) return item.action.title == title end))
  end
  vim.lsp.buf.code_action()
  M.wait('the menu of code actions', function() return M.offered end)
end

function M.text(bufnr)
  return table.concat(vim.api.nvim_buf_get_lines(bufnr or 0, 0, -1, false), '\n')
end

function M.noted()
  return vim.uv.fs_stat(M.note) ~= nil
end

-- Effect: waits until the run is `state`, as the server says, and returns its record.
function M.wait_for(state)
  local run
  M.wait('a run that is ' .. state, function()
    run = (M.ask('escalation/runs', vim.empty_dict()).result or {})[1]
    return run and run.state == state
  end)
  return run
end

function M.restart()
  local client = M.client()
  if ELEVEN then vim.lsp.enable('escalation', false) client:stop() else client.stop() end
  M.wait('the end of the server', function() return #vim.lsp.get_clients() == 0 end)
  if ELEVEN then vim.lsp.enable('escalation') end
  vim.cmd('silent edit') -- FileType again
  M.wait('the server', function() return M.client() and M.client().initialized end)
end

function M.ask(method, params)
  if ELEVEN then return M.client():request_sync(method, params, 60000, 0) end
  return M.client().request_sync(method, params, 60000, 0)
end

-- The lenses of the text as it is now. The server answers once it has judged, and it publishes before it answers.
function M.lenses()
  local answer = M.ask('textDocument/codeLens', { textDocument = vim.lsp.util.make_text_document_params(0) })
  return vim.tbl_map(function(lens) return lens.command.title end, answer.result or {})
end

-- Effect: the scene is played to its end, or its error stands in what the editor prints.
function M.play(scene)
  local good, problem = xpcall(scene, debug.traceback)
  if not good then
    print(problem, vim.inspect({ said = M.said, report = M.report }))
    M.leave(1)
  end
  M.leave(0)
end

return M
