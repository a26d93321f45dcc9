using System.Text.Json;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.MinAtar;
using IntrinsicLab.Tests.Support;
using Xunit.Abstractions;

namespace IntrinsicLab.Tests.Core.Environments;

/// <summary>
/// Episodes of the reference games with everything they drew. Saved states are compared as bytes: whatever is recorded of a state has to be
/// saved, and nothing else.
/// </summary>
public class MinAtarGoldenTests(ITestOutputHelper output)
{
    // No contact sticks at probability 0, but its draw is made: the recordings of the bare games lack it.
    private const double StickyDraw = 0.5;

    [Theory]
    [InlineData("asterix")]
    [InlineData("breakout")]
    [InlineData("freeway")]
    [InlineData("seaquest")]
    [InlineData("space_invaders")]
    public void Step_RecordedEpisodes_GiveTheSameStates(string game)
    {
        var (cases, steps) = (0, 0);
        foreach (var (recording, episode) in GoldenFiles.CasesWith("game", "initialState", "steps"))
        {
            if (recording.Text("game") != game)
                continue;
            cases++;
            var (running, draws) = Make(game, stickiness: 0, episode.GetProperty("ramping").GetBoolean());
            var (loaded, loadedDraws) = Make(game, stickiness: 0, episode.GetProperty("ramping").GetBoolean());
            var observation = new float[running.Spec.Observation.Size];
            var before = Saved(game, episode.GetProperty("initialState"), executed: 0);
            if (episode.TryGetProperty("resetDraws", out var resetDraws))
            {
                draws.Add(resetDraws);
                running.Reset(new Rng(1), observation);
                draws.RequireUsedUp($"{game}, {episode.Text("name")}, reset");
                Assert.Equal(before, Saved(running));
                Assert.Equal(Cells(episode.GetProperty("initialObs")), Lit(observation));
            }
            else
                Load(running, before);
            foreach (var (index, step) in episode.GetProperty("steps").EnumerateArray().Index())
            {
                var where = $"{game}, {episode.Text("name")}, step {index + 1}";
                float[] action = [step.GetProperty("action").GetInt32()];
                var after = Saved(game, step.GetProperty("state"), executed: (int)action[0]);
                Load(loaded, before);
                foreach (var (environment, source) in new[] { (running, draws), (loaded, loadedDraws) })
                {
                    if (before[sizeof(int)] == 0)
                    {
                        Assert.Throws<InvalidOperationException>(() => environment.Step(action, observation));
                        continue;
                    }
                    source.Add(StickyDraw);
                    if (step.TryGetProperty("draws", out var recorded))
                        source.Add(recorded);
                    var result = environment.Step(action, observation);
                    source.RequireUsedUp(where);
                    Assert.True(result == Recorded(step), $"{where}: {result}");
                    Assert.True(Cells(step.GetProperty("obs")).SequenceEqual(Lit(observation)), $"{where}: another observation.");
                    Assert.True(after.SequenceEqual(Saved(environment)), $"{where}: another state.");
                }
                before = after;
                steps++;
            }
        }
        output.WriteLine($"{game}: {cases} cases, {steps} steps");
        Assert.True(steps > 0);
    }

    [Fact]
    public void Step_RecordedStickyJoystick_ExecutesTheSameActions()
    {
        var (steps, stuck) = (0, 0);
        foreach (var (_, episode) in GoldenFiles.CasesWith("game", "stickyProb", "steps"))
        {
            var game = episode.Text("game");
            var (environment, draws) = Make(game, episode.Number("stickyProb"), ramping: true);
            var observation = new float[environment.Spec.Observation.Size];
            draws.Add(episode.GetProperty("resetDraws"));
            environment.Reset(new Rng(1), observation);
            foreach (var (index, step) in episode.GetProperty("steps").EnumerateArray().Index())
            {
                var where = $"{episode.Text("name")}, step {index + 1}";
                var requested = step.GetProperty("requested").GetInt32();
                draws.Add(step.GetProperty("draws"));
                var result = environment.Step([requested], observation);
                draws.RequireUsedUp(where);
                var executed = BitConverter.ToInt32(Saved(environment));
                Assert.True(step.GetProperty("executed").GetInt32() == executed, $"{where}: {executed} was executed.");
                Assert.True(result == Recorded(step), $"{where}: {result}");
                Assert.True(Cells(step.GetProperty("obs")).SequenceEqual(Lit(observation)), $"{where}: another observation.");
                steps++;
                stuck += executed == requested ? 0 : 1;
                if (!result.Terminated)
                    continue;
                draws.Add(step.GetProperty("resetDraws"));
                environment.Reset(new Rng(1), observation);
                draws.RequireUsedUp(where);
                Assert.True(Cells(step.GetProperty("obsAfterReset")).SequenceEqual(Lit(observation)), $"{where}: another start.");
            }
        }
        output.WriteLine($"{steps} steps, {stuck} with another action than the wanted one");
        Assert.True(stuck > 0);
    }

    private static (IEnvironment Environment, RecordedDraws Draws) Make(string game, double stickiness, bool ramping)
    {
        var draws = new RecordedDraws();
        IEnvironment environment = game switch
        {
            "asterix" => new Asterix(new() { StickyActions = stickiness, Actions = ActionSet.Full, DifficultyRamping = ramping })
            { Cabinet = { Draws = draws } },
            "breakout" => new Breakout(new() { StickyActions = stickiness, Actions = ActionSet.Full }) { Cabinet = { Draws = draws } },
            "freeway" => new Freeway(new() { StickyActions = stickiness, Actions = ActionSet.Full }) { Cabinet = { Draws = draws } },
            "seaquest" => new Seaquest(new() { StickyActions = stickiness, Actions = ActionSet.Full, DifficultyRamping = ramping })
            { Cabinet = { Draws = draws } },
            _ => new SpaceInvaders(new() { StickyActions = stickiness, Actions = ActionSet.Full, DifficultyRamping = ramping })
            { Cabinet = { Draws = draws } },
        };
        return (environment, draws);
    }

    private static void Load(IEnvironment environment, byte[] state) =>
        environment.Load(new BinaryReader(new MemoryStream(state)), new Rng(1));

    private static byte[] Saved(IEnvironment environment)
    {
        using var stream = new MemoryStream();
        environment.Save(new BinaryWriter(stream));
        return stream.ToArray();
    }

    private static byte[] Saved(string game, JsonElement state, int executed)
    {
        using var stream = new MemoryStream();
        var writer = new BinaryWriter(stream);
        writer.Write(executed);
        writer.Write(!state.GetProperty("terminal").GetBoolean());
        switch (game)
        {
            case "asterix":
                foreach (var entity in state.GetProperty("entities").EnumerateArray())
                {
                    var thing = entity.ValueKind == JsonValueKind.Null ? null : entity.Numbers();
                    writer.Write(thing is not null);
                    writer.Write((int)(thing?[0] ?? 0));
                    writer.Write(thing?[2] == 1);
                    writer.Write(thing?[3] == 1);
                }
                Integers("playerX", "playerY", "spawnSpeed", "spawnTimer", "moveSpeed", "moveTimer", "rampTimer", "rampIndex");
                break;
            case "breakout":
                Integers("ballX", "ballY", "ballDir", "lastX", "lastY", "paddleX");
                writer.Write(state.Numbers("bricks").Aggregate(0u, (wall, cell) => wall | 1u << (int)cell - 10));
                Flags("strike");
                break;
            case "freeway":
                foreach (var car in state.GetProperty("cars").EnumerateArray())
                    foreach (var member in new[] { 0, 2, 3 })
                        writer.Write(car[member].GetInt32());
                Integers("playerY", "moveTimer", "terminateTimer");
                break;
            case "seaquest":
                foreach (var list in new[] { "friendlyBullets", "enemyBullets", "fish", "subs", "divers" })
                {
                    writer.Write(state.GetProperty(list).GetArrayLength());
                    foreach (var thing in state.GetProperty(list).EnumerateArray().Select(GoldenFiles.Numbers))
                    {
                        writer.Write((int)thing[0]);
                        writer.Write((int)thing[1]);
                        writer.Write(thing[2] == 1);
                        writer.Write((int)thing.ElementAtOrDefault(3));
                        writer.Write((int)thing.ElementAtOrDefault(4));
                    }
                }
                Integers("subX", "subY", "oxygen", "diverCount", "shotTimer");
                Integers("enemySpawnSpeed", "enemySpawnTimer", "diverSpawnTimer", "moveSpeed", "rampIndex");
                Flags("facingRight", "surfaced");
                break;
            default:
                foreach (var set in new[] { "aliens", "friendlyBullets", "enemyBullets" })
                {
                    var cells = state.Numbers(set).Aggregate(UInt128.Zero, (cells, cell) => cells | UInt128.One << (int)cell);
                    writer.Write((ulong)(cells & ulong.MaxValue));
                    writer.Write((ulong)(cells >> 64));
                }
                Integers("cannonX", "alienDir", "enemyMoveInterval", "alienMoveTimer", "alienShotTimer", "shotTimer", "rampIndex");
                break;
        }
        return stream.ToArray();

        void Integers(params string[] members)
        {
            foreach (var member in members)
                writer.Write(state.GetProperty(member).GetInt32());
        }

        void Flags(params string[] members)
        {
            foreach (var member in members)
                writer.Write(state.GetProperty(member).GetBoolean());
        }
    }

    private static StepResult Recorded(JsonElement step) => new(step.Number("reward"), step.GetProperty("terminal").GetBoolean(), false);

    private static int[] Cells(JsonElement array) => [.. array.Numbers().Select(cell => (int)cell)];

    private static int[] Lit(float[] observation) => [.. observation.Index().Where(cell => cell.Item == 1).Select(cell => cell.Index)];

    private sealed class RecordedDraws : Draws
    {
        private readonly Queue<(int Count, double Value)> waiting = new();

        public void Add(double uniform) => waiting.Enqueue((0, uniform));

        public void Add(JsonElement draws)
        {
            foreach (var draw in draws.EnumerateArray())
            {
                var uniform = draw[0].GetString()!.StartsWith('u');
                var (low, high) = uniform ? (0, 0) : (draw[1].GetInt32(), draw[2].GetInt32());
                var values = draw[uniform ? 1 : 3];
                foreach (var value in values.ValueKind == JsonValueKind.Array ? values.Numbers() : [values.GetDouble()])
                    waiting.Enqueue((high - low, value - low));
            }
        }

        public override double Uniform() => Next(0);

        public override int Integer(int count) => (int)Next(count);

        public void RequireUsedUp(string where) => Assert.True(waiting.Count == 0, $"{where}: {waiting.Count} draws were not asked for.");

        private double Next(int count)
        {
            var (expected, value) = waiting.Dequeue();
            Assert.Equal(expected, count);
            return value;
        }
    }
}
