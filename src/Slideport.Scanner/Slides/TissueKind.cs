namespace Slideport.Scanner.Slides;

/// <summary>What lies at a corner of four tiles of a generated slide.</summary>
internal enum TissueKind
{
    /// <summary>Bare glass: almost white.</summary>
    Glass,

    /// <summary>Connective tissue: pink fibres, few thin nuclei.</summary>
    Stroma,

    /// <summary>Glands: many round purple nuclei.</summary>
    Epithelium,

    /// <summary>The open inside of a gland.</summary>
    Lumen,
}
