-- Opus escalation for Neovim: `:help escalation`.

local M = {}

-- Effect: the language server runs for our languages from now on.
function M.setup(options)
  require('escalation.config').set(options)
  require('escalation.output') -- listens from the beginning
  require('escalation.running')
  require('escalation.list')
  require('escalation.server').enable()
end

-- Effect: has a task done; asks for it if none is given. See `:help escalation.run()`.
function M.run(asked)
  require('escalation.running').ask(asked or {})
end

function M.cancel()
  require('escalation.running').cancel_one()
end

-- Effect: shows the assessment of the pending change as a document.
function M.explain()
  local server = require('escalation.server')
  local client = server.client(vim.api.nvim_get_current_buf())
  if client then
    server.execute(client, 'escalation.showAssessment', { uri = vim.uri_from_bufnr(0) }, function() end)
  end
end

function M.runs()
  require('escalation.list').open()
end

function M.preview()
  require('escalation.applying').which(function(run) require('escalation.preview').open(run) end)
end

function M.apply()
  local applying = require('escalation.applying')
  applying.which(applying.apply)
end

function M.discard()
  local applying = require('escalation.applying')
  applying.which(applying.discard)
end

-- Effect: shows what the models of the latest run say.
function M.output()
  local latest
  for _, run in pairs(require('escalation.known').runs) do
    if not latest or (run.started or math.huge) > (latest.started or math.huge) then latest = run end
  end
  if not latest then return require('escalation.words').tell('there is no run yet') end
  require('escalation.output').open(latest)
end

-- A component for a status line: what runs and costs, else what is recommended for the buffer; empty if there is
-- nothing to say.
function M.statusline(bufnr)
  local known, words = require('escalation.known'), require('escalation.words')
  bufnr = bufnr or vim.api.nvim_get_current_buf()
  local client = vim.lsp.get_clients({ name = 'escalation', bufnr = bufnr })[1]
  if not client then return '' end
  local running = known.running(client.id)
  if #running == 1 then
    local run = running[1]
    return words.joined(run.tier ~= '' and words.arrows(run.tier) or 'starting', words.usd(run.cost))
  elseif #running > 1 then
    local cost = vim.iter(running):fold(0, function(sum, run) return sum + (run.cost or 0) end)
    return words.joined(#running .. ' runs', words.usd(cost))
  end
  local told = known.recommendations[vim.uri_from_bufnr(bufnr)]
  if not (told and told.shouldEscalate) then return '' end
  local model = told.model:lower():find('opus') and 'Opus' or told.model
  local cost = told.cost and '~' .. words.usd(told.cost.p50) or ''
  return words.joined(('%s recommended (%.2f)'):format(model, told.confidence), cost)
end

return M
