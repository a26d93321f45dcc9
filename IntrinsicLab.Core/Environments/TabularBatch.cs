using System.Runtime.InteropServices;
using IntrinsicLab.Core.Environments.GridWorlds;

namespace IntrinsicLab.Core.Environments;

/// <summary>How a step of <see cref="TabularBatch"/> ended an episode; both can be set.</summary>
[Flags]
public enum StepEnd : byte
{
    /// <summary>The episode goes on.</summary>
    None = 0,

    /// <summary>The task ended.</summary>
    Terminated = 1,

    /// <summary>The time limit was reached.</summary>
    Truncated = 2,
}

/// <summary>
/// L lifetimes, each a level of its own (grid or chain) in E copies, stepped by state index: the environments of a meta-learner whose
/// agents are tables. An episode that ends is followed by the next in the same step. Arrays over the batch are lifetime-major, [L × E].
/// </summary>
/// <remarks>
/// <para>Every copy draws from a stream of its own that depends on the seed, the lifetime's ordinal and the copy alone. Hence nothing
/// depends on the number of lifetimes held at once, their order, or threads: different lifetimes may be stepped by different
/// threads.</para>
/// <para>Copy e of lifetime n behaves bit for bit as the single environment of that level (with its time limit) whose every
/// <see cref="IEnvironment.Reset"/> is given <c>Stream(n).Split("environment", e)</c>.</para>
/// <para>Usage: <c>batch.Begin(l, ordinal, GridLevel.Draw(…, batch.Stream(ordinal).Split("level")))</c> for each l, then repeatedly read
/// <see cref="States(int)"/>, choose actions, <see cref="Step(int, ReadOnlySpan{byte}, Span{int}, Span{float}, Span{StepEnd})"/>; at a
/// lifetime's end take its score from <see cref="TakeEpisodes"/> and begin the next ordinal in its place. A step allocates nothing.</para>
/// </remarks>
public sealed class TabularBatch
{
    private readonly Rng seed;
    private readonly ITabularLevel?[] levels;
    private readonly long[] ordinals;
    private readonly int[] states;
    private readonly int[] ages;
    private readonly double[] returns;
    private readonly Rng[] rngs;
    private readonly int[] episodes;
    private readonly double[] episodeReturns;

    /// <summary>Room for L lifetimes of E copies; each has to be begun before it is stepped.</summary>
    /// <param name="lifetimes">Lifetimes held at once, L.</param>
    /// <param name="environments">Copies of each, E.</param>
    /// <param name="seed">Streams are split from it by name; it is not drawn from.</param>
    public TabularBatch(int lifetimes, int environments, Rng seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lifetimes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(environments);
        (Lifetimes, Environments, this.seed) = (lifetimes, environments, seed);
        levels = new ITabularLevel?[lifetimes];
        ordinals = new long[lifetimes];
        states = new int[lifetimes * environments];
        ages = new int[lifetimes * environments];
        returns = new double[lifetimes * environments];
        rngs = new Rng[lifetimes * environments];
        episodes = new int[lifetimes];
        episodeReturns = new double[lifetimes];
    }

    /// <summary>Lifetimes held at once, L.</summary>
    public int Lifetimes { get; }

    /// <summary>Copies of each lifetime's environment, E.</summary>
    public int Environments { get; }

    /// <summary>State indices now, [L × E]; each lifetime counts its own from 0.</summary>
    public ReadOnlySpan<int> AllStates => states;

    /// <summary>
    /// The stream that belongs to a lifetime's ordinal, for drawing its level and agent; the copies' streams are split from it too.
    /// </summary>
    public Rng Stream(long ordinal) => seed.Split($"lifetime/{ordinal}");

    /// <summary>Puts a lifetime in place, dropping the one that was there, and begins its episodes.</summary>
    /// <param name="lifetime">Which place, 0 … L − 1.</param>
    /// <param name="ordinal">Its number among all lifetimes of the run.</param>
    /// <param name="level">Its environment, a <see cref="GridLevel"/> or <see cref="ChainLevel"/>.</param>
    /// <exception cref="ArgumentException">The level is of a kind that could not be saved.</exception>
    public void Begin(int lifetime, long ordinal, ITabularLevel level)
    {
        if (level is not (GridLevel or ChainLevel))
            throw new ArgumentException($"A lifetime is a grid or a chain, not a {level.GetType().Name}.", nameof(level));
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        (levels[lifetime], ordinals[lifetime]) = (level, ordinal);
        (episodes[lifetime], episodeReturns[lifetime]) = (0, 0.0);
        var stream = Stream(ordinal);
        for (var index = lifetime * Environments; index < (lifetime + 1) * Environments; index++)
        {
            rngs[index] = stream.Split("environment", index - lifetime * Environments);
            states[index] = level.Begin(rngs[index]);
            ages[index] = 0;
            returns[index] = 0.0;
        }
    }

    /// <summary>The environment of a lifetime.</summary>
    /// <exception cref="InvalidOperationException">The lifetime was not begun.</exception>
    public ITabularLevel Level(int lifetime) =>
        levels[lifetime] ?? throw new InvalidOperationException($"Lifetime {lifetime} was not begun; call Begin first.");

    /// <summary>Number of a lifetime among all of the run.</summary>
    public long Ordinal(int lifetime) => ordinals[lifetime];

    /// <summary>State indices of a lifetime's copies now, [E].</summary>
    public ReadOnlySpan<int> States(int lifetime) => states.AsSpan(lifetime * Environments, Environments);

    /// <summary>
    /// Episodes of a lifetime that ended since this was last asked, and the sum of their returns; a running episode counts when it ends.
    /// </summary>
    public (int Episodes, double SumOfReturns) TakeEpisodes(int lifetime)
    {
        var taken = (episodes[lifetime], episodeReturns[lifetime]);
        (episodes[lifetime], episodeReturns[lifetime]) = (0, 0.0);
        return taken;
    }

    /// <summary>Steps the copies of one lifetime. Safe to call for different lifetimes at the same time.</summary>
    /// <param name="lifetime">Which.</param>
    /// <param name="actions">[E].</param>
    /// <param name="nextStates">Where each step led, before the next episode begins, [E]; <see cref="States(int)"/> has the states to act
    /// in.</param>
    /// <param name="rewards">What each paid, [E].</param>
    /// <param name="ends">Whether and how each ended its episode, [E].</param>
    /// <exception cref="ArgumentException">A span is not of length E, or an action is none of the level's.</exception>
    /// <exception cref="InvalidOperationException">The lifetime was not begun.</exception>
    public void Step(int lifetime, ReadOnlySpan<byte> actions, Span<int> nextStates, Span<float> rewards, Span<StepEnd> ends)
    {
        RequireLengths(Environments, actions, nextStates, rewards, ends);
        var level = Level(lifetime);
        foreach (var action in actions)
            if (action >= level.Actions)
                throw new ArgumentException($"{action} is none of the actions 0 to {level.Actions - 1} of lifetime {lifetime}.", nameof(actions));

        // A type of its own per kind of level lets the compiler put the rules into the loop.
        if (level is GridLevel grid)
            Step(new GridRules(grid), lifetime, actions, nextStates, rewards, ends);
        else
            Step(new AnyRules(level), lifetime, actions, nextStates, rewards, ends);
    }

    /// <summary>Steps everything, lifetime by lifetime; all spans are [L × E], as in the other overload.</summary>
    public void Step(ReadOnlySpan<byte> actions, Span<int> nextStates, Span<float> rewards, Span<StepEnd> ends)
    {
        RequireLengths(states.Length, actions, nextStates, rewards, ends);
        for (var lifetime = 0; lifetime < Lifetimes; lifetime++)
        {
            var range = (lifetime * Environments)..((lifetime + 1) * Environments);
            Step(lifetime, actions[range], nextStates[range], rewards[range], ends[range]);
        }
    }

    /// <summary>Writes everything, levels and generators included, so that <see cref="Load"/> continues bit for bit.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Lifetimes);
        writer.Write(Environments);
        for (var lifetime = 0; lifetime < Lifetimes; lifetime++)
        {
            SaveLevel(levels[lifetime], writer);
            writer.Write(ordinals[lifetime]);
            writer.Write(episodes[lifetime]);
            writer.Write(episodeReturns[lifetime]);
            if (levels[lifetime] is null)
                continue;
            for (var index = lifetime * Environments; index < (lifetime + 1) * Environments; index++)
                rngs[index].Save(writer);
        }
        writer.Write(MemoryMarshal.AsBytes(states.AsSpan()));
        writer.Write(MemoryMarshal.AsBytes(ages.AsSpan()));
        writer.Write(MemoryMarshal.AsBytes(returns.AsSpan()));
    }

    /// <summary>Restores what <see cref="Save"/> wrote into a batch of the same extent and seed.</summary>
    /// <exception cref="InvalidDataException">The state is of another extent.</exception>
    public void Load(BinaryReader reader)
    {
        var (lifetimes, environments) = (reader.ReadInt32(), reader.ReadInt32());
        if (lifetimes != Lifetimes || environments != Environments)
            throw new InvalidDataException(
                $"The state holds {lifetimes} × {environments} environments where {Lifetimes} × {Environments} belong.");
        for (var lifetime = 0; lifetime < Lifetimes; lifetime++)
        {
            levels[lifetime] = LoadLevel(reader);
            ordinals[lifetime] = reader.ReadInt64();
            episodes[lifetime] = reader.ReadInt32();
            episodeReturns[lifetime] = reader.ReadDouble();
            if (levels[lifetime] is null)
                continue;
            for (var index = lifetime * Environments; index < (lifetime + 1) * Environments; index++)
                rngs[index] = Rng.Load(reader);
        }
        reader.ReadExactly(MemoryMarshal.AsBytes(states.AsSpan()));
        reader.ReadExactly(MemoryMarshal.AsBytes(ages.AsSpan()));
        reader.ReadExactly(MemoryMarshal.AsBytes(returns.AsSpan()));
    }

    private void Step<TRules>(
        TRules rules, int lifetime, ReadOnlySpan<byte> actions, Span<int> nextStates, Span<float> rewards, Span<StepEnd> ends)
        where TRules : struct, IRules
    {
        var limit = rules.TimeLimit;
        var first = lifetime * Environments;
        var streams = rngs.AsSpan(first, actions.Length);
        var current = states.AsSpan(first, actions.Length);
        var age = ages.AsSpan(first, actions.Length);
        var sums = returns.AsSpan(first, actions.Length);
        for (var index = 0; index < actions.Length; index++)
        {
            var rng = streams[index];
            var next = rules.Step(current[index], actions[index], rng, out var reward, out var terminated);
            nextStates[index] = next;
            rewards[index] = (float)reward;
            sums[index] += reward;
            var end = (terminated ? StepEnd.Terminated : StepEnd.None) | (++age[index] >= limit ? StepEnd.Truncated : StepEnd.None);
            ends[index] = end;
            if (end != StepEnd.None)
            {
                episodes[lifetime]++;
                episodeReturns[lifetime] += sums[index];
                (age[index], sums[index]) = (0, 0.0);
                next = rules.Begin(rng);
            }
            current[index] = next;
        }
    }

    private static void RequireLengths(
        int count, ReadOnlySpan<byte> actions, ReadOnlySpan<int> nextStates, ReadOnlySpan<float> rewards, ReadOnlySpan<StepEnd> ends)
    {
        if (actions.Length != count || nextStates.Length != count || rewards.Length != count || ends.Length != count)
            throw new ArgumentException(
                $"There are {actions.Length} actions, {nextStates.Length} states, {rewards.Length} rewards and {ends.Length} ends, not {count}.");
    }

    private static void SaveLevel(ITabularLevel? level, BinaryWriter writer)
    {
        writer.Write((byte)(level switch { GridLevel => 1, ChainLevel => 2, _ => 0 }));
        if (level is GridLevel grid)
            grid.Save(writer);
        else if (level is ChainLevel chain)
            chain.Save(writer);
    }

    private static ITabularLevel? LoadLevel(BinaryReader reader) => reader.ReadByte() switch
    {
        0 => null,
        1 => GridLevel.Load(reader),
        2 => ChainLevel.Load(reader),
        var other => throw new InvalidDataException($"{other} is no kind of level."),
    };

    private interface IRules
    {
        int TimeLimit { get; }

        int Begin(Rng rng);

        int Step(int state, int action, Rng rng, out double reward, out bool terminated);
    }

    private readonly struct GridRules(GridLevel level) : IRules
    {
        public int TimeLimit => level.TimeLimit!.Value;

        public int Begin(Rng rng) => level.Begin(rng);

        public int Step(int state, int action, Rng rng, out double reward, out bool terminated) =>
            level.Step(state, action, rng, out reward, out terminated);
    }

    private readonly struct AnyRules(ITabularLevel level) : IRules
    {
        public int TimeLimit => level.TimeLimit ?? int.MaxValue;

        public int Begin(Rng rng) => level.Begin(rng);

        public int Step(int state, int action, Rng rng, out double reward, out bool terminated) =>
            level.Step(state, action, rng, out reward, out terminated);
    }
}
