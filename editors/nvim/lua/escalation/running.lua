-- Running: has a task done, follows it, and says what came of it.

local config = require('escalation.config')
local known = require('escalation.known')
local server = require('escalation.server')
local words = require('escalation.words')

local M = {}

local LINES_ABOVE = 3
local MILLISECONDS = 200 -- between an answer and its handler, at most
local pending = {} -- our requests that wait for their answer: { client, id, run }
local last = '' -- the last task that was typed

-- The words of a TODO in some lines (from 0, the end excluded) or right above them.
local function noted(bufnr, first, stop)
  local lines = vim.api.nvim_buf_get_lines(bufnr, math.max(0, first - LINES_ABOVE), stop, false)
  for _, line in ipairs(lines) do
    for _, mark in ipairs({ 'TODO', 'FIXME' }) do
      local said = line:match('%f[%w]' .. mark .. '%f[%W][%s:]*(%S.*)')
      if said then return vim.trim((said:gsub('%*/%s*$', ''):gsub('%-%->%s*$', ''))) end
    end
  end
end

-- Effect: asks for the task, then has it done. `asked`: `bufnr`, `task` (asked for without one), `first` and `last`
-- (lines from 1; the cursor's without them), `route`, `reason`, `symbol`.
function M.ask(asked)
  asked.bufnr = asked.bufnr and asked.bufnr ~= 0 and asked.bufnr or vim.api.nvim_get_current_buf()
  local client = server.client(asked.bufnr)
  if not client then return end
  asked.first = asked.first or vim.api.nvim_win_get_cursor(0)[1]
  asked.last = asked.last or asked.first
  if asked.task and asked.task ~= '' then return M.begin(client, asked) end
  local prefilled = noted(asked.bufnr, asked.first - 1, asked.last) or last
  vim.ui.input({ prompt = 'Task for Opus escalation: ', default = prefilled }, function(task)
    if not task then return end
    last = vim.trim(task)
    M.begin(client, vim.tbl_extend('force', asked, { task = last }))
  end)
end

-- What is asked of the server. An empty task is found by the server: in a TODO, a comment, or its own judgement.
local function request_of(client, asked)
  local last_line = vim.api.nvim_buf_get_lines(asked.bufnr, asked.last - 1, asked.last, false)[1] or ''
  local from, to = { asked.first, 0 }, { asked.last, #last_line }
  local params = vim.lsp.util.make_given_range_params(from, to, asked.bufnr, client.offset_encoding)
  return {
    uri = params.textDocument.uri,
    range = params.range,
    task = asked.task,
    route = asked.route or 'auto',
    reason = asked.reason or '',
    symbol = asked.symbol,
  }
end

local function finished(client, run)
  if run.code then return words.warn(run.message) end
  run = known.take(run, client.id)
  local standing = words.joined(words.arrows(run.tier), words.usd(run.cost), words.standing(run))
  if #run.files == 0 then
    return words.warn(words.joined('nothing to apply', standing, run.message))
  end
  local files = #run.files == 1 and run.files[1].path or #run.files .. ' files'
  words.tell(('%s changes. %s. :EscalationPreview shows what (also :EscalationApply, :EscalationDiscard)')
    :format(files, standing))
  -- Nobody's typing is interrupted.
  if config.options.show_preview and vim.api.nvim_get_mode().mode == 'n' and vim.fn.getcmdwintype() == '' then
    require('escalation.preview').open(run)
  end
end

-- Effect: the task is being done. What comes of it is told, and shown if the options say so.
function M.begin(client, asked)
  local request = { client = client }
  pending[request] = true
  request.id = server.request(client, 'escalation/run', request_of(client, asked), function(run)
    pending[request] = nil
    finished(client, run)
  end, function(problem)
    pending[request] = nil
    words.warn(problem.message)
  end)
  if not request.id then pending[request] = nil end
end

-- Effect: a run of ours that was cancelled is over. Neovim keeps it from the handler of the request.
local function cancelled(request)
  if not pending[request] then return end
  pending[request] = nil
  if request.run then request.run.state, request.run.phase = 'cancelled', nil end
  words.tell('cancelled')
  vim.cmd.redrawstatus({ bang = true })
end

vim.api.nvim_create_autocmd('LspRequest', {
  group = vim.api.nvim_create_augroup('escalation.running', {}),
  callback = function(event)
    local told = event.data
    if told.request.type ~= 'complete' or told.request.method ~= 'escalation/run' then return end
    for request in pairs(pending) do
      if request.id == told.request_id and request.client.id == told.client_id then
        vim.defer_fn(function() cancelled(request) end, MILLISECONDS)
      end
    end
  end,
})

-- The oldest of our requests that does not know its run yet.
local function unknown()
  local oldest
  for request in pairs(pending) do
    if not request.run and (not oldest or request.id < oldest.id) then oldest = request end
  end
  return oldest
end

function M.cancel(run)
  local client = vim.lsp.get_client_by_id(run.client_id) or server.client()
  if not client then return end
  server.request(client, 'escalation/cancel', { workflow = run.workflow }, function(answer)
    if not answer.cancelled then words.tell('it has finished already') end
  end)
end

-- Effect: the run that is under way is cancelled; the user chooses if there are several.
function M.cancel_one()
  local running = known.running()
  if #running == 0 then
    for request in pairs(pending) do -- the host is still being started
      server.cancel_request(request.client, request.id)
      return
    end
    return words.tell('nothing is running')
  end
  if #running == 1 then return M.cancel(running[1]) end
  vim.ui.select(running, {
    prompt = 'Cancel which run?',
    format_item = function(run)
      return words.joined(words.shortened(run.task, 60), words.arrows(run.tier), words.usd(run.cost))
    end,
  }, function(run)
    if run then M.cancel(run) end
  end)
end

-- A run's record is asked for when its first event arrives: events do not say what its task is, nor whose it is.
known.listen(function(event, run)
  if event.type == 'run.waiting' then
    words.tell(('the result of “%s” waits: :EscalationPreview'):format(words.shortened(run.task, 60)))
  elseif not run.started and not run.asked then
    run.asked = true
    local client = vim.lsp.get_client_by_id(run.client_id)
    if not client then return end
    server.request(client, 'escalation/runs', vim.empty_dict(), function(records)
      for _, record in ipairs(records) do
        if record.workflow == run.workflow then
          known.take(record, client.id)
          local request = record.own and unknown()
          if request then
            request.run = run
            if config.options.show_output then require('escalation.output').open(run) end
          end
        end
      end
    end, function() run.asked = nil end)
  end
end)

return M
