namespace IntrinsicLab.Core.Environments;

/// <summary>Reads the index of the state out of an observation as the environment gave it.</summary>
/// <param name="observation">The observation.</param>
/// <returns>0 … S − 1; any of these for what is shown behind the end of an episode.</returns>
public delegate int StateReader(ReadOnlySpan<float> observation);

/// <summary>
/// How observations tell which of few states the world is in, for learners that keep a table: the indices are those of
/// <see cref="ITabular.State"/>. Wrappers that change observations have none.
/// </summary>
/// <param name="States">Number of states, S.</param>
/// <param name="StateOf">Reads the state's index.</param>
public sealed record StateTable(int States, StateReader StateOf)
{
    /// <summary>Columns of the map that the states lie on.</summary>
    public int Columns { get; init; } = States;

    /// <summary>Rows of the map.</summary>
    public int Rows { get; init; } = 1;

    /// <summary>The cell of a state, row · <see cref="Columns"/> + column with row 0 at the top; several states may share one.</summary>
    public Func<int, int> CellOf { get; init; } = static state => state;

    /// <summary>A table of states that are observed one-hot and lie on a map row by row.</summary>
    /// <param name="columns">Columns of the map.</param>
    /// <param name="rows">Rows of the map.</param>
    public static StateTable OneHot(int columns, int rows = 1) => new(columns * rows, HotIndex) { Columns = columns, Rows = rows };

    /// <summary>Index of the value that is 1; 0 where none is.</summary>
    public static int HotIndex(ReadOnlySpan<float> observation) => Math.Max(0, observation.IndexOf(1f));
}
