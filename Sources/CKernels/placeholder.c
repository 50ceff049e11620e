typedef int cal_kernels_placeholder;
