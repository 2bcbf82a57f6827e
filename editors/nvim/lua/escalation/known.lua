-- What the server has told: how runs stand, and what is recommended. The one owner of the plugin's state.

local M = {
  runs = {}, -- by workflow
  recommendations = {}, -- by uri
}

local listeners = {}

-- Effect: `listener(event, run)` hears each event from now on, after it was taken into account.
function M.listen(listener)
  table.insert(listeners, listener)
end

function M.is_finished(run)
  return run.state == 'completed' or run.state == 'failed' or run.state == 'cancelled'
end

-- Effect: a run is as the server's record says; what events told beyond that stays.
function M.take(record, client_id)
  local run = M.runs[record.workflow] or {}
  M.runs[record.workflow] = run
  local phase = not M.is_finished(record) and run.phase or nil
  for name in pairs(run) do run[name] = nil end
  for name, value in pairs(record) do run[name] = value end
  run.client_id, run.phase = client_id, phase
  return run
end

-- What an event changes, by its type.
local told = {
  ['meta.classification'] = function(run, body) run.route = body.route end,
  ['tier.start'] = function(run, body)
    run.tier = run.tier == '' and body.tier or ('%s->%s'):format(run.tier, body.tier)
    run.phase = body.tier .. ' works'
  end,
  ['meta.retry'] = function(run, body) run.phase = body.tier .. ' is asked again' end,
  ['meta.verification'] = function(run, body) run.phase = body.state == 'running' and 'the check runs' or run.phase end,
  ['tier.end'] = function(run, body) run.cost, run.phase = body.spent or run.cost, body.tier .. ' is done' end,
  ['stream.end'] = function(run, body)
    run.tier, run.outcome, run.cost, run.message = body.tier, body.outcome, body.cost, body.reason
  end,
  ['state'] = function(run, body)
    run.state = body.state
    if M.is_finished(run) then run.phase = nil end
  end,
  ['run.waiting'] = function(run, body, client_id) M.take(body, client_id) end,
}

-- Effect: what an event of a run tells is known, and told on.
function M.hear(event, client_id)
  local run = M.runs[event.workflow]
  if not run then
    run = { workflow = event.workflow, client_id = client_id, task = '', state = 'initialized', tier = '', files = {} }
    M.runs[event.workflow] = run
  end
  local change = told[event.type]
  if change then change(run, event.body, client_id) end
  for _, listener in ipairs(listeners) do listener(event, run) end
  if event.type ~= 'text.delta' then vim.cmd.redrawstatus({ bang = true }) end
end

function M.recommend(recommendation)
  M.recommendations[recommendation.uri] = recommendation
  vim.cmd.redrawstatus({ bang = true })
end

-- The runs of a client (of all clients without one) that have not finished.
function M.running(client_id)
  return vim.tbl_filter(function(run)
    return not M.is_finished(run) and (not client_id or run.client_id == client_id)
  end, vim.tbl_values(M.runs))
end

return M
