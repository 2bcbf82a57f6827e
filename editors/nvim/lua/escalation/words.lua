-- Words: how figures, routes and ends of runs are said where there is little room.

local M = {}

function M.usd(amount)
  return amount and ('%.2f USD'):format(amount) or ''
end

-- `L3->L4->L3` as people read it.
function M.arrows(route)
  return (route:gsub('%->', '→'))
end

-- The first line of a text, cut where it is too long.
function M.shortened(text, most)
  local line = vim.trim(text):match('^[^\r\n]*')
  return vim.fn.strchars(line) <= most and line or vim.fn.strcharpart(line, 0, most - 1) .. '…'
end

-- How a run stands, in a word or two.
function M.standing(run)
  if run.applied == 'yes' then return 'applied' end
  if run.applied == 'discarded' then return 'discarded' end
  return ((run.outcome or run.phase or run.state):gsub('_', ' '))
end

function M.joined(...)
  return table.concat(vim.tbl_filter(function(part) return part ~= '' end, { ... }), ' · ')
end

function M.tell(message, level)
  vim.notify('Opus escalation: ' .. message, level or vim.log.levels.INFO, { title = 'Opus escalation' })
end

function M.warn(message)
  M.tell(message, vim.log.levels.WARN)
end

return M
