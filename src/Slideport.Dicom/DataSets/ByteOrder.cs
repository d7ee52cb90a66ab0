namespace Slideport.Dicom.DataSets;

/// <summary>Turns binary values of Explicit VR Big Endian into the little endian order everything here has.</summary>
internal static class ByteOrder
{
    /// <summary>Reverses each unit in place; what is left of an incomplete last one stays as it is.</summary>
    /// <param name="value">The value.</param>
    /// <param name="unitBytes">2, 4 or 8.</param>
    public static void Swap(Span<byte> value, int unitBytes)
    {
        for (var i = 0; i + unitBytes <= value.Length; i += unitBytes) value.Slice(i, unitBytes).Reverse();
    }
}
