# puppet.rb FOLDER MODULES...: Puppet and Hiera 3, as a library.  A line of JSON on stdin is a node, {"hieradata": folder,
# "hierarchy": [...], "code": manifest, "facts": {...}}; its answer is a line {"conf": cinder.conf, "keys": [...]} or
# {"error": text}.  Only cinder_config is applied, to a file in FOLDER, in the order of the catalogue.
require 'json'
require 'puppet'
require 'uri'

# The releases up to victoria ran on a Ruby that still had it.
def URI.escape(text) = URI::DEFAULT_PARSER.escape(text)

work, *modules = ARGV
Dir[*modules.map { |folder| "#{folder}/*/lib" }].each { |lib| $LOAD_PATH << lib }
Puppet.initialize_settings(['--confdir', work, '--vardir', "#{work}/var", '--hiera_config', "#{work}/hiera.yaml",
                            '--modulepath', modules.join(':'), '--no-strict_variables'])
Puppet[:strict] = :off
Puppet::Util::Log.level = :crit
$stdout.sync = true

def compile(node, modules)
  environment = Puppet::Node::Environment.create(:real, modules)
  context = { current_environment: environment, loaders: Puppet::Pops::Loaders.new(environment),
              environments: Puppet::Environments::Static.new(environment) }
  Puppet.override(context) do
    Puppet[:code] = node['code']
    facts = Puppet::Node::Facts.new('controller-0', node['facts'])
    of = Puppet::Node.new('controller-0', facts: facts, environment: environment)
    of.merge(node['facts'])
    yield Puppet::Parser::Compiler.compile(of), environment.known_resource_types
  end
end

def apply(resource)
  ral = resource.to_ral
  return if ral[:ensure].nil? || ral.noop?
  there = ral.provider.exists?
  if ral[:ensure] == :absent
    ral.provider.destroy if there
  elsif !there
    raise "#{resource.title}: nil value" if ral[:value].nil?
    ral.provider.create
  elsif ral.should(:value) && !ral.property(:value).safe_insync?(ral.provider.value)
    ral.provider.value = ral.property(:value).should
  end
end

def parameters(catalogue, types)
  catalogue.classes.grep(/^cinder/).flat_map { |name| types.hostclass(name).arguments.keys.map { |key| "#{name}::#{key}" } }
end

file = "#{work}/cinder.conf"
STDIN.each_line do |line|
  node = JSON.parse(line)
  File.write("#{work}/hiera.yaml", { backends: ['json'], json: { datadir: node['hieradata'] }, logger: 'noop',
                                     hierarchy: node['hierarchy'] }.to_yaml)
  HieraPuppet.instance_variable_set(:@hiera, nil) if defined?(HieraPuppet)
  File.write(file, '')
  answer = begin
    compile(node, modules) do |catalogue, types|
      provider = Puppet::Type.type(:cinder_config)
      provider.providers.each { |name| provider.provider(name).define_singleton_method(:file_path) { file } }
      catalogue.resources.each { |resource| apply(resource) if resource.type == 'Cinder_config' }
      { conf: File.binread(file).force_encoding('utf-8'), keys: parameters(catalogue, types) }
    end
  rescue StandardError, ScriptError => error
    { error: error.message[0, 400] }
  end
  puts answer.to_json
end
