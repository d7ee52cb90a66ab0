namespace Slideport.Scanner.Sending;

/// <summary>How far a scan is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="BytesSent">Bytes of data sets that went out; those of a failed attempt are taken back.</param>
/// <param name="BytesTotal">Bytes of all data sets, those of slides not scanned yet taken to be like the others; 0 before the first is scanned.</param>
/// <param name="InstancesSent">Instances that were acknowledged.</param>
/// <param name="InstancesTotal">Instances in all, likewise.</param>
/// <param name="Elapsed">Since sending began.</param>
public readonly record struct SendProgress(
    SendStage Stage, long BytesSent, long BytesTotal, int InstancesSent, int InstancesTotal, TimeSpan Elapsed)
{
    /// <summary>Mean rate in bytes a second; 0 before the first moment has passed.</summary>
    public double BytesPerSecond => Elapsed > TimeSpan.Zero ? BytesSent / Elapsed.TotalSeconds : 0;
}
