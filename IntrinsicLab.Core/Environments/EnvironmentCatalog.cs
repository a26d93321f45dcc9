using IntrinsicLab.Core.Environments.Classic;
using IntrinsicLab.Core.Environments.External;
using IntrinsicLab.Core.Environments.Mujoco;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Core.Environments;

/// <summary>One environment of the catalogue.</summary>
/// <param name="Id">Kebab-case id used in plans and addresses.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Summary">One sentence: the task.</param>
/// <param name="Family">Heading it is listed under.</param>
/// <param name="Source">Authors and year.</param>
/// <param name="Parameters">Record of the environment's own parameters.</param>
/// <param name="Create">Makes an environment from such a record, without wrappers.</param>
public sealed record EnvironmentEntry(string Id, string Name, string Summary, string Family, string Source, Type Parameters, Func<object, IEnvironment> Create)
{
    /// <summary>Says in one line what is missing on this machine and how to install it; null where the environment can run.</summary>
    public Func<string?> WhyUnavailable { get; init; } = () => null;

    /// <summary>
    /// The defaults name something that may not be on this machine, so that pages, benchmarks and tests do not start it without being told
    /// what to start.
    /// </summary>
    public bool NeedsParameters { get; init; }

    /// <summary>It can be started on this machine with its defaults.</summary>
    public bool StartsByItself => !NeedsParameters && WhyUnavailable() is null;

    /// <summary>Makes, from such a record, what makes the environments of one factory, where these share something; null where they do not.</summary>
    public Func<object, Func<IEnvironment>>? Together { get; init; }
}

/// <summary>Every environment, one line each. The form, the API, the plan reader and the contract tests read it.</summary>
public static class EnvironmentCatalog
{
    /// <summary>All entries in the order they are listed.</summary>
    public static IReadOnlyList<EnvironmentEntry> All { get; } =
    [
        Entry<CartPoleConfig>("cartpole", "CartPole", "Push a cart left or right so that the pole on it stays upright.",
            "Classic control", "Barto, Sutton and Anderson 1983", config => new CartPole(config)),
        Entry<MountainCarContinuousConfig>("mountain-car-continuous", "Mountain car, continuous",
            "Swing an underpowered car up a hill with as little force as possible.",
            "Classic control", "Moore 1990", config => new MountainCarContinuous(config)),
        Entry<CatchConfig>("catch", "Catch", "Move a paddle under a falling ball; the smallest task with a picture.",
            "Classic control", "Mnih, Heess, Graves and Kavukcuoglu 2014", config => new Catch(config)),
        Entry<HopperConfig>("hopper", "Hopper", "A one-legged body hops forward without falling.",
            "MuJoCo", "Erez, Tassa and Todorov 2011", config => new Hopper(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<GymnasiumConfig>("gymnasium", "Gymnasium", "Any environment written in Python for Gymnasium's interface, yours included.",
            "Your own environments", "Towers et al. 2024", config => new GymnasiumEnvironment(config)) with
        {
            WhyUnavailable = PythonInterpreter.WhyUnavailable,
            NeedsParameters = true,
            Together = config => GymnasiumEnvironment.Together((GymnasiumConfig)config),
        },
    ];

    /// <summary>The entry with this id, or null.</summary>
    public static EnvironmentEntry? Find(string id) => All.FirstOrDefault(entry => entry.Id == id);

    /// <summary>
    /// Makes environments of an entry, wrappers applied in this order: time limit (the entry's or the wrappers' own), episodic life, frame
    /// stack, noisy channels, reward scale, reward sign, delay. A delay after normalisation is the learner's to apply
    /// (<c>Algorithms.Experience</c> does).
    /// </summary>
    /// <param name="entry">The environment.</param>
    /// <param name="parameters">A record of type <see cref="EnvironmentEntry.Parameters"/>; null for the defaults.</param>
    /// <param name="wrappers">Null for none.</param>
    /// <exception cref="InvalidOperationException">The environment cannot run on this machine; the message says what is missing.</exception>
    public static EnvironmentFactory Factory(EnvironmentEntry entry, object? parameters = null, WrapperConfig? wrappers = null)
    {
        parameters ??= Activator.CreateInstance(entry.Parameters)!;
        wrappers ??= new WrapperConfig();
        var make = entry.Together?.Invoke(parameters) ?? (() => entry.Create(parameters));
        using var sample = Create();
        return new EnvironmentFactory(sample.Spec, Create) { Wrappers = wrappers };

        IEnvironment Create()
        {
            if (entry.WhyUnavailable() is { } reason)
                throw new InvalidOperationException(reason);
            var environment = make();
            if ((wrappers.TimeLimit > 0 ? wrappers.TimeLimit : environment.Spec.TimeLimit) is { } limit)
                environment = new TimeLimit(environment, limit);
            if (wrappers.EpisodicLife)
                environment = new EpisodicLife(environment);
            if (wrappers.FrameStack > 1)
                environment = new FrameStack(environment, wrappers.FrameStack);
            if (wrappers.NoisyChannels > 0)
                environment = new NoisyChannels(environment, wrappers.NoisyChannels);
            if (wrappers.RewardScale != 1.0)
                environment = new RewardScale(environment, wrappers.RewardScale);
            if (wrappers.RewardSign)
                environment = new RewardSign(environment);
            if (wrappers.Delay > 1 && !wrappers.DelayAfterNormalisation)
                environment = new Delay(environment, wrappers.Delay);
            return environment;
        }
    }

    private static EnvironmentEntry Entry<T>(string id, string name, string summary, string family, string source, Func<T, IEnvironment> create)
        where T : class, new() =>
        new(id, name, summary, family, source, typeof(T), parameters => create((T)parameters));
}
