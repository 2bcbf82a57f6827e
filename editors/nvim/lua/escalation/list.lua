-- The list of runs of this workspace, also of those that other windows began, with what can be done with each.

local applying = require('escalation.applying')
local known = require('escalation.known')
local running = require('escalation.running')
local server = require('escalation.server')
local words = require('escalation.words')

local M = {}

local NAME = 'escalation://runs'
local MOST_HEIGHT = 12
local MILLISECONDS = 200 -- events that arrive together lead to one more look
local KEYS = ' Runs · <CR> diff  o output  a apply  x discard  c cancel  q close'
local COLOURS = { running = 'DiagnosticInfo', success = 'DiagnosticOk', failure = 'DiagnosticWarn' }
local space = vim.api.nvim_create_namespace('escalation.list')
local bufnr, shown, waiting = nil, {}, false

local function mark(run)
  if not known.is_finished(run) then return '●', COLOURS.running end
  if run.outcome == 'success' or run.outcome == 'fallback_success' then return '✓', COLOURS.success end
  return '✗', COLOURS.failure
end

local function padded(text, width)
  return text .. (' '):rep(width - vim.fn.strdisplaywidth(text))
end

local function row(run)
  local icon = mark(run)
  local tiers = words.arrows(run.tier ~= '' and run.tier or run.route or '')
  local when = run.started and os.date('%H:%M', math.floor(run.started / 1000)) or ''
  return ('%s %s  %s  %s  %s  %s'):format(icon, padded(when, 5), padded(tiers, 8), padded(words.usd(run.cost), 9),
    padded(words.standing(run), 14), words.shortened(run.task, 200))
end

local function draw()
  local lines = vim.tbl_map(row, shown)
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, #lines > 0 and lines or { 'No runs yet: :EscalationRun begins one.' })
  vim.bo[bufnr].modifiable = false
  vim.api.nvim_buf_clear_namespace(bufnr, space, 0, -1)
  for index, run in ipairs(shown) do
    local icon, colour = mark(run)
    vim.api.nvim_buf_set_extmark(bufnr, space, index - 1, 0, { end_col = #icon, hl_group = colour })
  end
end

-- Effect: the list is as the server says; then `drawn` is called.
local function refresh(drawn)
  local client = server.client()
  if not client then return end
  server.request(client, 'escalation/runs', vim.empty_dict(), function(records)
    if not (bufnr and vim.api.nvim_buf_is_valid(bufnr)) then return end
    shown = vim.tbl_map(function(record) return known.take(record, client.id) end, records)
    draw()
    if drawn then drawn() end
  end)
end

local function on_line(action)
  return function()
    local run = shown[vim.api.nvim_win_get_cursor(0)[1]]
    if run then action(run) end
  end
end

local function buffer()
  if bufnr and vim.api.nvim_buf_is_valid(bufnr) then return bufnr end
  bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(bufnr, NAME)
  vim.bo[bufnr].undolevels, vim.bo[bufnr].modifiable, vim.bo[bufnr].swapfile = -1, false, false
  local function map(keys, what, action)
    vim.keymap.set('n', keys, action, { buffer = bufnr, nowait = true, desc = 'Opus escalation: ' .. what })
  end
  local preview = on_line(function(run) require('escalation.preview').open(run) end)
  map('<CR>', 'diff', preview)
  map('d', 'diff', preview)
  map('o', 'output', on_line(function(run) require('escalation.output').open(run) end))
  map('a', 'apply', on_line(applying.apply))
  map('x', 'discard', on_line(applying.discard))
  map('c', 'cancel', on_line(running.cancel))
  map('r', 'refresh', function() refresh() end)
  map('q', 'close', '<Cmd>close<CR>')
  return bufnr
end

-- Effect: the list is in a window below, with the cursor in it.
function M.open()
  if not server.client() then return end
  local win = vim.fn.win_findbuf(buffer())[1]
  if win then
    vim.api.nvim_set_current_win(win)
  else
    win = vim.api.nvim_open_win(bufnr, true, { split = 'below', win = -1, height = 3 })
    vim.wo[win].winbar, vim.wo[win].wrap, vim.wo[win].cursorline = KEYS, false, true
    vim.wo[win].number, vim.wo[win].relativenumber, vim.wo[win].signcolumn = false, false, 'no'
  end
  refresh(function()
    if vim.api.nvim_win_is_valid(win) then
      vim.api.nvim_win_set_height(win, math.min(#shown + 2, MOST_HEIGHT))
    end
  end)
end

known.listen(function(event)
  if waiting or event.type == 'text.delta' or not (bufnr and #vim.fn.win_findbuf(bufnr) > 0) then return end
  waiting = true
  vim.defer_fn(function()
    waiting = false
    if #vim.fn.win_findbuf(bufnr) > 0 then refresh() end
  end, MILLISECONDS)
end)

return M
