namespace IntrinsicLab.Core.Experiments;

/// <summary>Unit of a parameter, shown after its field.</summary>
/// <param name="name">For example <c>steps</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UnitAttribute(string name) : Attribute
{
    /// <summary>The unit.</summary>
    public string Name => name;
}

/// <summary>Heading a parameter is listed under in the form.</summary>
/// <param name="name">For example <c>Optimiser</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class GroupAttribute(string name) : Attribute
{
    /// <summary>The heading.</summary>
    public string Name => name;
}

/// <summary>Marks a text parameter that names a learned update rule, "name@version", which must exist when a run is submitted.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NamesRuleAttribute : Attribute;
