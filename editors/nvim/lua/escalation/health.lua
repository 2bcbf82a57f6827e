-- `:checkhealth escalation`

local config = require('escalation.config')
local server = require('escalation.server')
local words = require('escalation.words')

local M = {}

local MILLISECONDS = 10000

local function check_neovim()
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.10') == 1 then
    vim.health.ok('Neovim ' .. version)
  else
    vim.health.error('Neovim ' .. version, 'Neovim 0.10 or newer is needed')
  end
end

local function check_program()
  local program = config.options.cmd[1]
  if vim.fn.executable(program) == 0 then
    vim.health.error(('`%s` cannot be started'):format(program),
      { 'pipx install opus-escalation', 'or name it: require("escalation").setup({ cmd = { "/path/to/escalation", "lsp" } })' })
    return
  end
  vim.health.ok(('the language server is `%s`'):format(table.concat(config.options.cmd, ' ')))
end

local function check_host(status)
  if status.host.running then
    vim.health.ok('the host runs')
  elseif (status.host.message or '') ~= '' then
    vim.health.warn(status.host.message)
  else
    vim.health.info('no host runs: the first run starts it')
  end
  if status.spentToday then vim.health.info(words.usd(status.spentToday) .. ' spent today') end
end

local function check_keys(keys)
  local present = vim.iter(keys):any(function(key) return key.present end)
  for _, key in ipairs(keys) do
    local said = ('%s: %s'):format(key.endpoint, key.variable)
    if key.present then
      vim.health.ok(said .. ' is set')
    elseif present then
      vim.health.info(said .. ' is not set')
    else
      vim.health.warn(said .. ' is not set', 'set it in the environment that Neovim is started from; judging needs no key')
    end
  end
end

local function check_server()
  local client = vim.lsp.get_clients({ name = server.NAME })[1]
  if not client then
    vim.health.warn('the language server does not run in this session',
      { 'call require("escalation").setup() in your init.lua', 'then open a file of one of these types: '
        .. table.concat(config.options.filetypes, ', ') })
    return
  end
  local answer, problem = server.request_sync(client, 'escalation/status', vim.empty_dict(), MILLISECONDS)
  if not answer or answer.err then
    vim.health.error('the language server does not answer', answer and answer.err.message or problem)
    return
  end
  vim.health.ok(('the language server runs (%s) on %s'):format(answer.result.version, client.root_dir or 'single files'))
  check_host(answer.result)
  check_keys(answer.result.keys)
end

function M.check()
  vim.health.start('Opus escalation')
  check_neovim()
  check_program()
  check_server()
end

return M
