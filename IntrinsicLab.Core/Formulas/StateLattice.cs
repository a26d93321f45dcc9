namespace IntrinsicLab.Core.Formulas;

/// <summary>
/// Cuts a space of observations into boxes of equal size, without end in any direction. Centre and size follow from the first observations and
/// never change, so that a place keeps its name. Values that do not vary there are told apart exactly by whole numbers; those that take few
/// values, as the cells of a grid world do, are told apart exactly too.
/// </summary>
/// <param name="size">Values of an observation, D.</param>
/// <param name="width">Edge of a box, in standard deviations of the first observations.</param>
public sealed class StateLattice(int size, double width)
{
    private readonly double[] centre = new double[size];
    private readonly double[] edge = new double[size];

    /// <summary>The lattice has been laid.</summary>
    public bool IsLaid { get; private set; }

    /// <summary>Lays the lattice.</summary>
    /// <param name="observations">[N, D], N at least 1.</param>
    public void Lay(ReadOnlySpan<float> observations)
    {
        var moments = new RunningMoments(size, 1e-9);
        moments.Update(observations);
        for (var component = 0; component < size; component++)
        {
            var deviation = Math.Sqrt(moments.Variance[component]);
            (centre[component], edge[component]) = (moments.Mean[component], deviation > 1e-6 ? deviation * width : 1);
        }
        IsLaid = true;
    }

    /// <summary>An observation in units of boxes, measured from the centre.</summary>
    /// <param name="observation">[D].</param>
    /// <param name="component">Which of its values.</param>
    public double Scaled(ReadOnlySpan<float> observation, int component) => (observation[component] - centre[component]) / edge[component];

    /// <summary>Number of the box along one axis; the centre lies in the middle of box 0.</summary>
    /// <param name="observation">[D].</param>
    /// <param name="component">Which of its values.</param>
    public int Box(ReadOnlySpan<float> observation, int component) => (int)Math.Round(Math.Clamp(Scaled(observation, component), -1e9, 1e9));

    /// <summary>Name of the box that an observation lies in.</summary>
    /// <param name="observation">[D].</param>
    public string PlaceOf(ReadOnlySpan<float> observation)
    {
        Span<char> name = size <= 128 ? stackalloc char[2 * size] : new char[2 * size];
        for (var component = 0; component < size; component++)
        {
            var box = Box(observation, component);
            (name[2 * component], name[2 * component + 1]) = unchecked(((char)(box >> 16), (char)box));
        }
        return new string(name);
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(IsLaid);
        for (var component = 0; component < size; component++)
        {
            writer.Write(centre[component]);
            writer.Write(edge[component]);
        }
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        IsLaid = reader.ReadBoolean();
        for (var component = 0; component < size; component++)
            (centre[component], edge[component]) = (reader.ReadDouble(), reader.ReadDouble());
    }
}
