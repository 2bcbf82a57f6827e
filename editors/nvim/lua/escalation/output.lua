-- Output: what the models of a run say and do, while they do it, in a buffer that belongs to no file.

local known = require('escalation.known')
local words = require('escalation.words')

local M = {}

local HEIGHT = 12
local MOST_LINES = 5000
local buffers = {} -- by workflow: { bufnr, start }; `start`: where the text begins that a retry may take back

local function at_end(bufnr)
  local last = vim.api.nvim_buf_line_count(bufnr) - 1
  return last, #vim.api.nvim_buf_get_lines(bufnr, last, last + 1, false)[1]
end

local function changed(bufnr, change)
  vim.bo[bufnr].modifiable = true
  change()
  vim.bo[bufnr].modifiable = false
  local excess = vim.api.nvim_buf_line_count(bufnr) - MOST_LINES
  if excess > 0 then
    vim.bo[bufnr].modifiable = true
    vim.api.nvim_buf_set_lines(bufnr, 0, excess, false, {})
    vim.bo[bufnr].modifiable = false
  end
end

-- Effect: text stands at the end, and windows whose cursor was there follow.
local function append(bufnr, text)
  local last, column = at_end(bufnr)
  changed(bufnr, function()
    vim.api.nvim_buf_set_text(bufnr, last, column, last, column, vim.split(text, '\n', { plain = true }))
  end)
  local count = vim.api.nvim_buf_line_count(bufnr)
  for _, win in ipairs(vim.fn.win_findbuf(bufnr)) do
    if vim.api.nvim_win_get_cursor(win)[1] >= last + 1 or win ~= vim.api.nvim_get_current_win() then
      vim.api.nvim_win_set_cursor(win, { count, 0 })
    end
  end
end

-- Effect: text stands on a line of its own.
local function line(bufnr, text)
  local _, column = at_end(bufnr)
  append(bufnr, (column > 0 and '\n' or '') .. text .. '\n')
end

-- Effect: the last characters are gone: a call that failed in passing is made again.
local function take_back(bufnr, count)
  local last, column = at_end(bufnr)
  local first = math.max(0, last - count)
  local text = table.concat(vim.api.nvim_buf_get_text(bufnr, first, 0, last, column, {}), '\n')
  local kept = vim.fn.strcharpart(text, 0, math.max(0, vim.fn.strchars(text) - count))
  changed(bufnr, function()
    vim.api.nvim_buf_set_text(bufnr, first, 0, last, column, vim.split(kept, '\n', { plain = true }))
  end)
end

-- What an event writes, by its type.
local written = {
  ['meta.classification'] = function(bufnr, body) line(bufnr, words.joined(words.arrows(body.route), body.reason)) end,
  ['meta.redaction'] = function(bufnr, body) line(bufnr, ('%d secrets are masked'):format(#body.masked)) end,
  ['tier.start'] = function(bufnr, body) line(bufnr, ('\n── %s (%s)'):format(body.tier, body.model)) end,
  ['text.delta'] = function(bufnr, body) append(bufnr, body.text) end,
  ['tool_call'] = function(bufnr, body) line(bufnr, '  + ' .. body.summary) end,
  ['tool_refused'] = function(bufnr, body) line(bufnr, '  - ' .. body.message) end,
  ['meta.retry'] = function(bufnr, body)
    if (body.discarded or 0) > 0 then take_back(bufnr, body.discarded) end
    line(bufnr, ('  … %s; asked again in %.0f s'):format(body.reason, body.seconds))
  end,
  ['meta.fallback'] = function(bufnr, body) line(bufnr, ('  … %s takes over: %s'):format(body.to_model, body.reason)) end,
  ['meta.escalation'] = function(bufnr, body)
    line(bufnr, ('→ %s: %s'):format(body.to_tier, body.reason))
  end,
  ['meta.verification'] = function(bufnr, body)
    line(bufnr, body.state == 'running' and '  the check runs' or '  the check has ' .. body.state)
  end,
  ['tier.end'] = function(bufnr, body)
    line(bufnr, ('── %s is done · %s so far'):format(body.tier, body.spent and words.usd(body.spent) or 'cost unknown'))
  end,
  ['stream.end'] = function(bufnr, body)
    line(bufnr, '\n' .. words.joined(words.arrows(body.tier), body.outcome:gsub('_', ' '), words.usd(body.cost), body.reason))
  end,
}

local function buffer(run)
  local bufnr = buffers[run.workflow]
  if bufnr and vim.api.nvim_buf_is_valid(bufnr) then return bufnr end
  bufnr = vim.api.nvim_create_buf(false, true)
  buffers[run.workflow] = bufnr
  vim.api.nvim_buf_set_name(bufnr, ('escalation://%s/output'):format(run.workflow))
  vim.bo[bufnr].undolevels, vim.bo[bufnr].modifiable, vim.bo[bufnr].swapfile = -1, false, false
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr, nowait = true, desc = 'Opus escalation: close' })
  return bufnr
end

known.listen(function(event, run)
  local write = written[event.type]
  if write then write(buffer(run), event.body) end
end)

-- Effect: the output of a run is seen in a window below; the cursor stays where it is.
function M.open(run)
  local bufnr = buffer(run)
  if #vim.fn.win_findbuf(bufnr) > 0 then return end
  local win = vim.api.nvim_open_win(bufnr, false, { split = 'below', win = -1, height = HEIGHT })
  vim.wo[win].wrap, vim.wo[win].number, vim.wo[win].relativenumber, vim.wo[win].signcolumn = true, false, false, 'no'
  vim.wo[win].linebreak, vim.wo[win].winfixheight = true, true
  vim.wo[win].winbar = ' ' .. (words.shortened(run.task, 80):gsub('%%', '%%%%'))
  vim.api.nvim_win_set_cursor(win, { vim.api.nvim_buf_line_count(bufnr), 0 })
end

return M
