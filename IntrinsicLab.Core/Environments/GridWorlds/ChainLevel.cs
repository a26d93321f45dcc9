namespace IntrinsicLab.Core.Environments.GridWorlds;

/// <summary>
/// A delayed chain of n steps: the first action decides the reward of the last. State 0 is the start, after that
/// s = 1 + 2 (t − 1) + c after t steps, c = 0 if the first action was the right one, so S = 2n − 1. With distraction the right action is
/// drawn each episode and seen: the states where action 1 is right follow those where action 0 is, and S = 2 (2n − 1).
/// </summary>
public sealed class ChainLevel : ITabularLevel
{
    private readonly int tree;

    /// <summary>A chain.</summary>
    /// <param name="length">Steps of an episode, n.</param>
    /// <param name="rightAction">The first action that pays, 0 or 1; with distraction it is drawn each episode instead.</param>
    /// <param name="noisy">Steps before the last pay 1 or −1 by chance.</param>
    /// <param name="distracted">20 random bits are drawn with every observation.</param>
    public ChainLevel(int length, int rightAction, bool noisy = false, bool distracted = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfNegative(rightAction);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rightAction, 1);
        (Length, RightAction, Noisy, Distracted) = (length, rightAction, noisy, distracted);
        tree = 2 * length - 1;
    }

    /// <summary>Steps of an episode, n.</summary>
    public int Length { get; }

    /// <summary>The first action that pays; without meaning where <see cref="Distracted"/>.</summary>
    public int RightAction { get; }

    /// <summary>Steps before the last pay 1 or −1 by chance.</summary>
    public bool Noisy { get; }

    /// <summary>The right action is drawn each episode, and 20 random bits with every observation.</summary>
    public bool Distracted { get; }

    /// <inheritdoc/>
    public int States => Distracted ? 2 * tree : tree;

    /// <inheritdoc/>
    public int Actions => 2;

    /// <summary>Null: the last step terminates.</summary>
    public int? TimeLimit => null;

    /// <summary>Draws length and right action.</summary>
    /// <param name="configuration">Which chain.</param>
    /// <param name="rng">Equal generators give equal chains.</param>
    /// <param name="length">Takes the place of the length that is drawn; 0 keeps that.</param>
    public static ChainLevel Draw(ChainConfiguration configuration, Rng rng, int length = 0)
    {
        var longest = configuration is ChainConfiguration.Long or ChainConfiguration.LongNoisy ? 50 : 30;
        var drawn = 5 + rng.NextInt(longest - 5 + 1);
        return new ChainLevel(length > 0 ? length : drawn, rng.NextInt(2),
            configuration is ChainConfiguration.ShortNoisy or ChainConfiguration.LongNoisy,
            configuration == ChainConfiguration.StateDistraction);
    }

    /// <inheritdoc/>
    public int Begin(Rng rng) => Begin(rng, out _);

    /// <inheritdoc/>
    public int Step(int state, int action, Rng rng, out double reward, out bool terminated) =>
        Step(state, action, rng, out reward, out terminated, out _);

    /// <summary>Steps taken and, after the first, whether that was the right one.</summary>
    internal (int Time, bool Right) Place(int state)
    {
        var local = state % tree;
        return ((local + 1) / 2, (local & 1) == 1);
    }

    /// <summary>The action that pays, in a state.</summary>
    internal int RightActionIn(int state) => Distracted ? state / tree : RightAction;

    internal int Begin(Rng rng, out int distraction)
    {
        distraction = 0;
        if (!Distracted)
            return 0;
        var bits = rng.NextUInt64();
        distraction = (int)(bits & 0xfffff);
        return (int)(bits >> 63) * tree;
    }

    internal int Step(int state, int action, Rng rng, out double reward, out bool terminated, out int distraction)
    {
        unchecked
        {
            distraction = Distracted ? (int)(rng.NextUInt64() & 0xfffff) : 0;
            var first = Distracted && state >= tree ? tree : 0;
            var local = state - first;
            var time = (local + 1) >> 1;
            var right = local == 0 ? action == (Distracted ? (first == 0 ? 0 : 1) : RightAction) : (local & 1) == 1;
            terminated = time + 1 == Length;
            if (terminated)
            {
                reward = right ? 1.0 : -1.0;
                return state;
            }
            reward = Noisy ? 1 - 2 * (int)(rng.NextUInt64() >> 63) : 0;
            return first + 1 + 2 * time + (right ? 0 : 1);
        }
    }

    /// <summary>Where an episode can begin.</summary>
    internal IReadOnlyList<(int State, double Probability)> Starts => Distracted ? [(0, 0.5), (tree, 0.5)] : [(0, 1.0)];

    /// <summary>Adds what an action leads to; the noise pays nothing on average.</summary>
    internal void AddOutcomes(int state, int action, List<Outcome> outcomes)
    {
        // Without noise and with a generator of its own: the transition itself is certain.
        var noiseless = new ChainLevel(Length, RightAction, noisy: false, Distracted);
        var next = noiseless.Step(state, action, new Rng(0), out var reward, out var terminated);
        outcomes.Add(new Outcome(1.0, next, reward, terminated));
    }

    internal void Save(BinaryWriter writer)
    {
        writer.Write(Length);
        writer.Write(RightAction);
        writer.Write(Noisy);
        writer.Write(Distracted);
    }

    internal static ChainLevel Load(BinaryReader reader) =>
        new(reader.ReadInt32(), reader.ReadInt32(), reader.ReadBoolean(), reader.ReadBoolean());
}
