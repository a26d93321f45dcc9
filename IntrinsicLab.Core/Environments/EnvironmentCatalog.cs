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
}

/// <summary>Every environment, one line each. The form, the API, the plan reader and the contract tests read it.</summary>
public static class EnvironmentCatalog
{
    /// <summary>All entries in the order they are listed.</summary>
    public static IReadOnlyList<EnvironmentEntry> All { get; } =
    [
    ];

    /// <summary>The entry with this id, or null.</summary>
    public static EnvironmentEntry? Find(string id) => All.FirstOrDefault(entry => entry.Id == id);

    private static EnvironmentEntry Entry<T>(string id, string name, string summary, string family, string source, Func<T, IEnvironment> create)
        where T : class, new() =>
        new(id, name, summary, family, source, typeof(T), parameters => create((T)parameters));
}
