-- The commands; everything else is loaded when it is needed. `:help escalation`.

if vim.g.loaded_escalation then return end
vim.g.loaded_escalation = true

if vim.fn.has('nvim-0.10') == 0 then
  vim.notify('Opus escalation needs Neovim 0.10 or newer', vim.log.levels.ERROR)
  return
end

local function command(name, action, description, options)
  vim.api.nvim_create_user_command(name, action, vim.tbl_extend('force', { desc = description }, options or {}))
end

command('EscalationRun', function(given)
  local lines = given.range > 0 and { first = given.line1, last = given.line2 } or {}
  require('escalation').run(vim.tbl_extend('error', lines, { task = given.args }))
end, 'Have a task done by the models', { nargs = '*', range = true })

for name, description in pairs({
  Cancel = 'Cancel a run',
  Explain = 'Show the assessment of the pending change',
  Runs = 'List the runs',
  Preview = 'Show what a run would change, as a diff',
  Apply = 'Apply the result of a run',
  Discard = 'Discard the result of a run',
  Output = 'Show what the models say',
}) do
  command('Escalation' .. name, function() require('escalation')[name:lower()]() end, description)
end
