-- Applying: the server's edit goes into the buffers, all of it, or nothing of it.

local known = require('escalation.known')
local server = require('escalation.server')
local words = require('escalation.words')

local M = {}

local ticks -- of the buffers of the result that is being applied, as they were when the server was asked

local function ticks_of(run)
  local found = {}
  for _, file in ipairs(run.files) do
    local bufnr = vim.fn.bufnr(vim.uri_to_fname(file.uri))
    if bufnr > 0 and vim.api.nvim_buf_is_loaded(bufnr) then
      found[bufnr] = vim.api.nvim_buf_get_changedtick(bufnr)
    end
  end
  return found
end

-- Handles `workspace/applyEdit`. Neovim tells the server of a change some time after it, and says that an edit was
-- applied even where it was left out because the buffer is newer. So what was typed in between is looked for here.
function M.edit(problem, params, context)
  for bufnr, tick in pairs(ticks or {}) do
    if vim.api.nvim_buf_is_loaded(bufnr) and vim.api.nvim_buf_get_changedtick(bufnr) ~= tick then
      return { applied = false, failureReason = 'the buffer has changed' }
    end
  end
  return vim.lsp.handlers['workspace/applyEdit'](problem, params, context)
end

local function applied(run, answer)
  if #answer.applied > 0 then
    run.applied = 'yes'
    require('escalation.preview').close(run.workflow)
    words.tell(('%s changed; one undo takes it back'):format(table.concat(answer.applied, ', ')))
    return
  end
  local why = vim.tbl_map(function(kept) return ('%s %s'):format(kept.path, kept.why) end, answer.kept)
  words.warn(('nothing was changed: %s. The result is kept: git apply %s'):format(table.concat(why, '; '), answer.patch))
  require('escalation.preview').open(run)
end

-- Effect: the result of a run is in the buffers, as one change. Where the text has changed in the same place meanwhile
-- nothing is applied, and the result is shown as a diff.
function M.apply(run)
  local client = vim.lsp.get_client_by_id(run.client_id) or server.client()
  if not client then return end
  local sent = server.request(client, 'escalation/apply', { workflow = run.workflow }, function(answer)
    ticks = nil
    applied(run, answer)
  end, function(problem)
    ticks = nil
    words.warn(problem.message)
  end)
  ticks = sent and ticks_of(run) or nil
end

-- Effect: nobody is asked about the result again.
function M.discard(run)
  local client = vim.lsp.get_client_by_id(run.client_id) or server.client()
  if not client then return end
  server.request(client, 'escalation/discard', { workflow = run.workflow }, function()
    run.applied = 'discarded'
    require('escalation.preview').close(run.workflow)
    words.tell('discarded')
  end)
end

-- Whether a result is still to be applied or discarded.
function M.is_waiting(run)
  return run.applied == 'no' and #run.files > 0
end

-- Effect: calls `chosen` with the run whose preview is in front, else with the one whose result waits; the user
-- chooses if there are several.
function M.which(chosen)
  local shown = require('escalation.preview').shown()
  if shown then return chosen(shown) end
  local client = server.client(vim.api.nvim_get_current_buf())
  if not client then return end
  server.request(client, 'escalation/runs', vim.empty_dict(), function(records)
    local runs = vim.tbl_map(function(record) return known.take(record, client.id) end, records)
    local waiting = vim.tbl_filter(M.is_waiting, runs)
    if #waiting == 0 then return words.tell('no result is waiting') end
    if #waiting == 1 then return chosen(waiting[1]) end
    vim.ui.select(waiting, {
      prompt = 'Which result?',
      format_item = function(run) return words.joined(words.shortened(run.task, 60), words.usd(run.cost)) end,
    }, function(run)
      if run then chosen(run) end
    end)
  end)
end

return M
