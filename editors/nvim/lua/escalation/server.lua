-- The language server: how it is started, and how it is asked. The one place that knows what differs between versions
-- of Neovim.

local config = require('escalation.config')
local known = require('escalation.known')
local words = require('escalation.words')

local M = { NAME = 'escalation' }

local ELEVEN = vim.fn.has('nvim-0.11') == 1

-- A value of JSON in which null is nil, as it is up to Neovim 0.11.
local function plain(value)
  if value == vim.NIL then return nil end
  return type(value) == 'table' and vim.tbl_map(plain, value) or value
end

-- Lua functions for commands of the server: code actions that only a view of ours can do well.
local function commands()
  return {
    ['escalation.run'] = function(command, context)
      local asked = command.arguments[1]
      require('escalation.running').ask({
        bufnr = context.bufnr,
        route = asked.route,
        reason = asked.reason,
        symbol = asked.symbol,
      })
    end,
    ['escalation.dismiss'] = function(command, context)
      require('escalation.dismissal').ask(command, vim.lsp.get_client_by_id(context.client_id))
    end,
  }
end

-- What `vim.lsp.config` and `vim.lsp.start` take.
function M.config()
  return {
    name = M.NAME,
    cmd = config.options.cmd,
    filetypes = config.options.filetypes,
    root_markers = { '.git' },
    init_options = { events = true },
    settings = { escalation = config.options.settings },
    handlers = {
      ['escalation/event'] = function(_, event, context) known.hear(plain(event), context.client_id) end,
      ['escalation/recommendation'] = function(_, told) known.recommend(plain(told)) end,
      ['workspace/applyEdit'] = function(...) return require('escalation.applying').edit(...) end,
    },
    commands = commands(),
  }
end

local function start(bufnr)
  if vim.bo[bufnr].buftype == '' and vim.api.nvim_buf_get_name(bufnr) ~= '' then
    local options = M.config()
    options.root_dir = vim.fs.root(bufnr, options.root_markers)
    vim.lsp.start(options, { bufnr = bufnr })
  end
end

-- Effect: the server runs for the files of our languages, those that are open and those to come.
function M.enable()
  if ELEVEN then
    vim.lsp.config(M.NAME, M.config())
    vim.lsp.enable(M.NAME)
    return
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('escalation.start', {}),
    pattern = config.options.filetypes,
    callback = function(event) start(event.buf) end,
  })
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) and vim.list_contains(config.options.filetypes, vim.bo[bufnr].filetype) then
      start(bufnr)
    end
  end
end

-- The client of a buffer, else of any. Effect: says what to do if there is none.
function M.client(bufnr)
  local mine = bufnr and vim.lsp.get_clients({ name = M.NAME, bufnr = bufnr }) or {}
  local client = mine[1] or vim.lsp.get_clients({ name = M.NAME })[1]
  if not client then
    words.warn('the language server does not run here. :checkhealth escalation says why')
  end
  return client
end

-- Effect: asks the server; `answered` gets the result only if there is one. Returns the id of the request, nil if the
-- server is gone. `failed` gets an error instead of the user.
function M.request(client, method, params, answered, failed)
  local function handler(problem, result)
    if not problem then
      answered(plain(result))
    elseif failed then
      failed(problem)
    else
      words.warn(problem.message)
    end
  end
  local sent, id
  if ELEVEN then
    sent, id = client:request(method, params, handler)
  else
    sent, id = client.request(method, params, handler)
  end
  if not sent then words.warn('the language server has ended; open the file again (:edit)') end
  return sent and id or nil
end

function M.request_sync(client, method, params, milliseconds)
  if ELEVEN then return client:request_sync(method, params, milliseconds) end
  return client.request_sync(method, params, milliseconds)
end

function M.cancel_request(client, id)
  if ELEVEN then client:cancel_request(id) else client.cancel_request(id) end
end

function M.execute(client, command, argument, answered)
  M.request(client, 'workspace/executeCommand', { command = command, arguments = { argument } }, answered)
end

return M
