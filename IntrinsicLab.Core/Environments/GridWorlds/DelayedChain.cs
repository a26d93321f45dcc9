using System.ComponentModel.DataAnnotations;
using System.Globalization;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>The delayed chains.</summary>
public enum ChainConfiguration
{
    /// <summary>5 to 30 steps.</summary>
    Short,

    /// <summary>5 to 30 steps that pay 1 or −1 by chance, the last one excepted.</summary>
    ShortNoisy,

    /// <summary>5 to 50 steps.</summary>
    Long,

    /// <summary>5 to 50 steps that pay 1 or −1 by chance, the last one excepted.</summary>
    LongNoisy,

    /// <summary>5 to 30 steps; the right action is drawn each episode and shown, beside 20 random bits.</summary>
    StateDistraction,
}

/// <summary>Parameters of <see cref="DelayedChain"/>.</summary>
public sealed record DelayedChainConfig
{
    /// <summary>Which chain: the range of its length, noise, distraction.</summary>
    [Group("Chain")]
    public ChainConfiguration Configuration { get; init; } = ChainConfiguration.Short;

    /// <summary>Which of the possible chains: length and right action are drawn from it once.</summary>
    [Range(0, int.MaxValue), Group("Chain")]
    public int LayoutSeed { get; init; }

    /// <summary>Steps of an episode in place of the length that is drawn; 0 keeps that.</summary>
    [Range(0, 1000), Unit("steps"), Group("Chain")]
    public int Length { get; init; }
}

/// <summary>
/// The first action of an episode decides the reward of its last step, nothing else does: pure credit assignment over time.
/// <para>Actions: 0 and 1; one of them is right, the same one for the agent's whole lifetime (each episode in state distraction).</para>
/// <para>Observation: the state one-hot: 0 at the start, 1 + 2 (t − 1) + c after t steps, c = 0 if the first action was right, else 1; 2 n
/// − 1 states. State distraction shows 22 bits instead: which action is right, whether the first one was (0 before it), 20 random
/// ones.</para>
/// <para>Reward: 1 or −1 on the last step, by the first action; 0 before, or 1 and −1 by chance in the noisy ones.</para>
/// <para>Start: state 0. Terminated: after exactly n steps. No time limit.</para>
/// <para>Source: Oh et al. 2020, appendix A. Re-implementations differ in whether the right action is drawn once per lifetime; drawn each
/// episode and hidden it could not be learned, so it is drawn once here.</para>
/// </summary>
public sealed class DelayedChain : IEnvironment, ITabular
{
    private const int DistractionBits = 20;

    private static readonly Discrete Actions = new(2) { Names = ["Upper branch", "Lower branch"] };

    private readonly ChainLevel level;

    // First action of the episode, −1 before it; the picture's branch.
    private int first = -1;
    private int distraction;
    private Rng? rng;
    private bool running, ended;

    /// <summary>Draws length and right action.</summary>
    public DelayedChain(DelayedChainConfig config)
        : this(ChainLevel.Draw(config.Configuration, new Rng((ulong)config.LayoutSeed).Split("layout"), config.Length))
    {
        if (!level.Distracted)
            Spec = Spec with { Families = [LevelFamilies.Chain(config.Configuration, config.Length)] };
    }

    /// <summary>The environment of a chain.</summary>
    internal DelayedChain(ChainLevel level)
    {
        this.level = level;
        double noise = level.Noisy ? level.Length - 1 : 0;
        Spec = new EnvironmentSpec(new Box([level.Distracted ? 2 + DistractionBits : level.States], 0, 1), Actions)
        {
            EndsWithin = level.Length,
            ScoreRange = (-1 - noise, 1 + noise),
            Deterministic = !level.Noisy && !level.Distracted,
            Level = level.Distracted ? null : level,
            Table = level.Distracted ? null : new(level.States, StateTable.HotIndex)
            {
                Columns = level.Length,
                Rows = 2,
                CellOf = state => state == 0 ? 0 : (state - 1) % 2 * level.Length + (state + 1) / 2,
            },
            Keyboard = new Keyboard([new("ArrowUp", [0], "Upper branch"), new("ArrowDown", [1], "Lower branch")], Idle: null),
        };
    }

    /// <inheritdoc/>
    public EnvironmentSpec Spec { get; private init; }

    /// <inheritdoc/>
    public int States => level.States;

    /// <inheritdoc/>
    public int State { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<(int State, double Probability)> Starts => level.Starts;

    /// <inheritdoc/>
    public void Outcomes(int state, int action, List<Outcome> outcomes) => level.AddOutcomes(state, action, outcomes);

    /// <inheritdoc/>
    public void Reset(Rng rng, Span<float> observation)
    {
        this.rng = rng;
        State = level.Begin(rng, out distraction);
        first = -1;
        (running, ended) = (true, false);
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (!running)
            throw new InvalidOperationException("The episode has ended or was not begun; call Reset first.");
        var index = Actions.IndexOf(action);
        if (first < 0)
            first = index;
        State = level.Step(State, index, rng!, out var reward, out ended, out distraction);
        running = !ended;
        Observe(observation);
        return new StepResult(reward, ended, Truncated: false);
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(State);
        writer.Write(first);
        writer.Write(distraction);
        writer.Write(running);
        writer.Write(ended);
    }

    /// <inheritdoc/>
    public void Load(BinaryReader reader, Rng rng)
    {
        this.rng = rng;
        State = reader.ReadInt32();
        first = reader.ReadInt32();
        distraction = reader.ReadInt32();
        running = reader.ReadBoolean();
        ended = reader.ReadBoolean();
    }

    /// <inheritdoc/>
    public Scene Render()
    {
        const double height = 4.0, middle = 2.0, branch = 0.9, radius = 0.3;
        var length = level.Length;
        List<Shape> shapes = [];
        for (var side = 0; side < 2; side++)
        {
            var y = side == 0 ? middle + branch : middle - branch;
            var right = side == level.RightActionIn(State);
            var tone = right ? "goal" : "hazard";
            var taken = first < 0 || first == side ? 1.0 : 0.35;
            shapes.Add(new Shape("line", [0.75, middle, 1.75, y, length + 0.75, y], "ground", 0.06) { Opacity = taken });
            for (var time = 1; time < length; time++)
                shapes.Add(new Shape("circle", [time + 0.75, y, time + 0.75 + radius, y], "object") { Opacity = 0.6 * taken });
            shapes.Add(new Shape("circle", [length + 0.75, y, length + 0.75 + 1.3 * radius, y], tone) { Opacity = taken });
            var label = y + (side == 0 ? 0.65 : -0.65);
            shapes.Add(new Shape("text", [length + 0.75, label], tone, 0.4) { Label = right ? "+1" : "−1", Opacity = taken });
        }
        shapes.Add(new Shape("circle", [0.75, middle, 0.75 + radius, middle], "object"));
        var place = level.Place(State).Time + (ended ? 1 : 0);
        var agentY = place == 0 ? middle : first == 0 ? middle + branch : middle - branch;
        shapes.Add(new Shape("circle", [place + 0.75, agentY, place + 0.75 + 0.2, agentY], "agent"));
        shapes.Add(new Shape("circle", [place + 0.75, agentY, place + 0.75 + 0.38, agentY], "agent", 0.08));
        var noise = level.Noisy ? "; steps before the last pay 1 or −1 by chance" : "";
        return new Scene(length + 1.5, height, shapes)
        {
            Caption = string.Create(CultureInfo.InvariantCulture, $"Step {place} of {length}{noise}"),
        };
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private void Observe(Span<float> observation)
    {
        observation.Clear();
        if (!level.Distracted)
        {
            observation[State] = 1;
            return;
        }
        var (time, right) = level.Place(State);
        observation[0] = level.RightActionIn(State);
        observation[1] = (time > 0 || ended) && (level.Length > 1 ? right : first == level.RightActionIn(State)) ? 1 : 0;
        for (var bit = 0; bit < DistractionBits; bit++)
            observation[2 + bit] = distraction >> bit & 1;
    }
}
