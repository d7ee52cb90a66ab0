using Slideport.Converter.Spool;

namespace Slideport.Converter.Destinations;

/// <summary>Brings slides to a destination, which is an image store or a PACS.</summary>
internal interface IDestinationDelivery
{
    /// <summary>Takes a slide as far on its way as it goes now, from whichever state it is in.</summary>
    /// <exception cref="SpoolException">The spool is in the way.</exception>
    /// <exception cref="IOException">The destination is in the way.</exception>
    Task DeliverAsync(DestinationSteps steps, CancellationToken cancellationToken);
}
