using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Services;

/// <summary>A message whose command has been read; its data set, if it has one, still has to be.</summary>
internal sealed record DimseMessage(NegotiatedContext Context, CommandSet Command);
