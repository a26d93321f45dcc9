using System.CommandLine;
using IntrinsicLab.Core.Analyses;
using IntrinsicLab.Worker;
using IntrinsicLab.Worker.Benchmarks;

var run = new Option<Guid>("--run") { Required = true, Description = "Id of a run that this worker has claimed." };
var fence = new Option<long>("--fence") { Required = true, Description = "Number it was claimed with." };
var train = new Command("train", "Train one run; started by a worker, not by hand.") { run, fence };
train.Hidden = true;
train.SetAction(parsed => TrainCommand.Execute(parsed.GetValue(run), parsed.GetValue(fence)));

var world = new Argument<string?>("environment") { Description = "Id of the environment.", Arity = ArgumentArity.ZeroOrOne };
var learned = new Option<Guid>("--run") { Description = "Id of a run whose policy plays its environment." };
var play = new Command("play", "Play an environment by commands on standard input; started by the dashboard, not by hand.") { world, learned };
play.Hidden = true;
play.SetAction(parsed => parsed.GetValue(world) is { } id ? PlayCommand.Execute(id) : PlayCommand.Execute(parsed.GetValue(learned)));

var asked = new Option<Guid>("--run") { Required = true, Description = "Id of a run with a checkpoint." };
var policy = new Command("policy", "Answer questions about what a run has learned, on standard input; started by the dashboard, not by hand.") { asked };
policy.Hidden = true;
policy.SetAction(parsed => PolicyCommand.Execute(parsed.GetValue(asked)));

var plan = new Argument<FileInfo>("plan") { Description = "Plan of a run or an experiment, as JSON." };
var runPlan = new Command("run", "Run a plan without a web server: progress bars, then a table.") { plan };
runPlan.SetAction(parsed => RunCommand.Execute(parsed.GetValue(plan)!));

var figures = new Argument<string[]>("figure") { Description = "Ids of published figures, or tags, each for all figures that have it.", Arity = ArgumentArity.ZeroOrMore };
var reduced = new Option<bool>("--reduced") { Description = "The reduced experiment: less budget or fewer seeds." };
var everything = new Option<bool>("--all") { Description = "Every figure, one after the other." };
var listed = new Option<bool>("--list") { Description = "List the figures with what is known of them." };
var kept = new Option<DirectoryInfo>("--out") { Description = "Folder for results.", DefaultValueFactory = _ => new DirectoryInfo("reproductions") };
var reproduce = new Command("reproduce", "Reproduce published figures; goes on where it was interrupted.") { figures, reduced, everything, listed, kept };
reproduce.SetAction(parsed => ReproduceCommand.Execute(
    parsed.GetValue(figures) ?? [], parsed.GetValue(reduced), parsed.GetValue(everything), parsed.GetValue(listed), parsed.GetValue(kept)!));

var sweepPlan = new Argument<FileInfo>("plan") { Description = "Plan of a sweep, as JSON." };
var sweep = new Command("sweep", "Search for good parameters without a web server; the same plan again goes on with an unfinished sweep.") { sweepPlan };
sweep.SetAction(parsed => SweepCommand.Execute(parsed.GetValue(sweepPlan)!));

var serve = new Command("serve", "Run queued runs until stopped; Lab:Database says for which lab.");
serve.SetAction(_ => ServeCommand.Execute());

var file = new Argument<FileInfo>("file") { Description = "File to write." };
var backup = new Command("backup", "Copy the database while the lab runs.") { file };
backup.SetAction(parsed => BackupCommand.Execute(parsed.GetValue(file)!));

var name = new Argument<string?>("name") { Description = "Which benchmark; all without it.", Arity = ArgumentArity.ZeroOrOne };
var bench = new Command("bench", "Measure speed and print figures and ratios.") { name };
bench.SetAction(parsed => BenchCommand.Run(parsed.GetValue(name)));

var scores = new Argument<FileInfo>("file") { Description = "JSON file to write." };
var randomReturns = new Command("random-returns", "Play every environment at random and write what that returns.") { scores };
randomReturns.SetAction(parsed => RandomReturnsCommand.Execute(parsed.GetValue(scores)!));

var manifest = new Argument<FileInfo>("manifest") { Description = "Manifest of a comparison, as the compare page exports it." };
var into = new Option<DirectoryInfo?>("--out") { Description = "Folder for the figure; beside the manifest without it." };
var repeat = new Command("repeat", "Make a comparison again from its manifest: train what is not there, compare, say whether the scores are equal.") { manifest, into };
repeat.SetAction(parsed => RepeatCommand.Execute(parsed.GetValue(manifest)!, parsed.GetValue(into)));

var rules = new Argument<string[]>("rule") { Description = "Rules: files that end with .rule.json, or names with versions such as grid-rule@1.", Arity = ArgumentArity.OneOrMore };
var quick = new Option<bool>("--quick") { Description = "Few levels, short lives: minutes, to look and not to state." };
var report = new Option<FileInfo?>("--out") { Description = "File for the report of one rule; without it the lab keeps it and the rule's page shows it." };
var known = new Option<FileInfo?>("--baselines") { Description = "An earlier report whose baselines are taken where settings are the same." };
var threads = new Option<int>("--threads") { Description = "Lives at the same time; results do not depend on it.", DefaultValueFactory = _ => Environment.ProcessorCount };
var ruleReport = new Command("rule-report", "Measure learned rules: scores beside A2C, what their predictions mean; side by side where there are several.") { rules, quick, report, known, threads };
ruleReport.SetAction(parsed => RuleReportCommand.Execute(
    parsed.GetValue(rules)!, new RuleReportSettings(parsed.GetValue(quick), parsed.GetValue(quick) ? 1 : 5),
    parsed.GetValue(report), parsed.GetValue(known), parsed.GetValue(threads)));

var root = new RootCommand("Runs training for IntrinsicLab. Settings: section Lab of appsettings.json, or variables such as Lab__DataFolder.")
{
    train, play, policy, runPlan, sweep, reproduce, repeat, serve, backup, bench, randomReturns, ruleReport,
};
// Every verb handles signals itself; the default would end the process two seconds after one.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
