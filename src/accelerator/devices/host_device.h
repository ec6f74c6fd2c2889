// Marks functions that a GPU's threads run, and tests on the host.
#ifndef SOTTO_ACCELERATOR_DEVICES_HOST_DEVICE_H_
#define SOTTO_ACCELERATOR_DEVICES_HOST_DEVICE_H_

#ifdef __CUDACC__
#define SOTTO_HOST_DEVICE __host__ __device__
#else
#define SOTTO_HOST_DEVICE
#endif

#endif  // SOTTO_ACCELERATOR_DEVICES_HOST_DEVICE_H_
